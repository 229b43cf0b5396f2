/**
 * Lines of the access log, written as bytes in the thread of the graph.
 *
 * ```text
 * 2026-01-01T12:00:00.000Z web/front generation=3 client=inet/192.0.2.7:4711 target=inet/10.0.0.2:80 tls=- sni=- alpn=- connect_ms=0.4 duration_ms=12033 in=512 out=10240 by=client reason=eof
 * ```
 *
 * It runs for each connection: bytes pass to the thread that writes them without being formatted or copied by field.
 *
 * @module
 */

import { printableLines } from "../../printable.ts";
import { addressText } from "../data/connection_line.ts";
import type { ConnectionRecord, LineFormat, RecordedAddress, RecordedTls } from "../data/connection_record.ts";

/** The bytes that it begins with: 1,024 lines of the usual length. */
const INITIAL_BYTES = 1 << 18;
/** No letter has more bytes in UTF-8, for each code unit. */
const MAX_BYTES_OF_UNIT = 3;
/** Larger numbers are left to the engine of the language. */
const MAX_QUICK = 1e9;

const ZERO = 48;
const POINT = 46;
const QUOTE = 34;
const COLON = 58;
const encoder = new TextEncoder();

/** 1 for each character that can be taken for nothing else. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, code) => /[\w.:/@[\]*-]/.test(String.fromCharCode(code)) ? 1 : 0);

/** Collects lines. */
export class LineWriter {
  readonly #format: LineFormat;
  #bytes = new Uint8Array(INITIAL_BYTES);
  #length = 0;
  #time = NaN;
  #timeText = "";

  constructor(format: LineFormat) {
    this.#format = format;
  }

  /** Adds a line. */
  add(record: ConnectionRecord): void {
    if (this.#format === "json") this.#addJson(record);
    else this.#addText(record);
  }

  /** Returns and clears the lines so far. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #addText(record: ConnectionRecord): void {
    this.#put(this.#timeOf(record.endedAt));
    this.#put(" ");
    if (record.topology !== "") {
      this.#put(record.topology);
      this.#put("/");
    }
    this.#put(record.node);
    this.#put(" generation=");
    this.#number(record.generation);
    this.#put(" client=");
    this.#address(record.client);
    this.#put(" target=");
    this.#address(record.target);
    this.#tlsText(record.tls);
    this.#put(" connect_ms=");
    this.#milliseconds(record.connectMs, "-");
    this.#put(" duration_ms=");
    this.#milliseconds(record.durationMs, "-");
    this.#put(" in=");
    this.#number(record.bytesIn);
    this.#put(" out=");
    this.#number(record.bytesOut);
    this.#put(" by=");
    this.#put(record.closedBy);
    this.#put(" reason=");
    this.#put(record.reason);
    this.#put("\n");
  }

  #tlsText(tls: RecordedTls | null): void {
    if (tls === null) return this.#put(" tls=- sni=- alpn=-");
    this.#put(" tls=");
    this.#value(tls.version);
    this.#put(" sni=");
    this.#value(tls.serverName);
    this.#put(" alpn=");
    this.#value(tls.alpn);
  }

  /** The same as JSON of `recordLine`. */
  #addJson(record: ConnectionRecord): void {
    this.#put('{"kind":"connection","time":"');
    this.#put(this.#timeOf(record.endedAt));
    this.#put('","topology":');
    this.#json(record.topology);
    this.#put(',"node":');
    this.#json(record.node);
    this.#put(',"generation":');
    this.#number(record.generation);
    this.#put(',"client":');
    this.#jsonAddress(record.client);
    this.#put(',"target":');
    this.#jsonAddress(record.target);
    this.#tlsJson(record.tls);
    this.#put(',"bytesIn":');
    this.#number(record.bytesIn);
    this.#put(',"bytesOut":');
    this.#number(record.bytesOut);
    this.#put(',"closedBy":"');
    this.#put(record.closedBy);
    this.#put('","reason":"');
    this.#put(record.reason);
    this.#put('","connectMs":');
    this.#milliseconds(record.connectMs, "null");
    this.#put(',"durationMs":');
    this.#milliseconds(record.durationMs, "null");
    this.#put("}\n");
  }

  #tlsJson(tls: RecordedTls | null): void {
    if (tls === null) return this.#put(',"tls":null');
    this.#put(',"tls":{"version":');
    this.#json(tls.version);
    this.#put(',"serverName":');
    this.#json(tls.serverName);
    this.#put(',"alpn":');
    this.#json(tls.alpn);
    this.#put("}");
  }

  /** Lines that follow each other often have the same time. */
  #timeOf(time: number): string {
    if (time === this.#time) return this.#timeText;
    this.#time = time;
    this.#timeText = new Date(time).toISOString();
    return this.#timeText;
  }

  /** Text of others is quoted where it could be taken for something else. */
  #value(text: string | null): void {
    if (text === null) this.#put("-");
    else if (text === "" || text === "-" || !this.#putPlain(text)) this.#put(printableLines(JSON.stringify(text)));
  }

  #address(address: RecordedAddress | null): void {
    if (address === null) this.#put("-");
    else if (!this.#putAddress(address)) this.#value(addressText(address));
  }

  #jsonAddress(address: RecordedAddress | null): void {
    if (address === null) return this.#put("null");
    const start = this.#length;
    this.#byte(QUOTE);
    if (this.#putAddress(address)) return this.#byte(QUOTE);
    this.#length = start;
    this.#json(addressText(address));
  }

  /** False, and nothing is added, if its text has other characters. */
  #putAddress({ text, port }: RecordedAddress): boolean {
    if (!this.#putPlain(text)) return false;
    if (port === 0) return true;
    this.#byte(COLON);
    this.#number(port);
    return true;
  }

  #json(text: string | null): void {
    if (text === null) return this.#put("null");
    const start = this.#length;
    this.#byte(QUOTE);
    if (this.#putPlain(text)) return this.#byte(QUOTE);
    this.#length = start;
    this.#put(printableLines(JSON.stringify(text)));
  }

  /** False, and nothing is added, if the text has other characters. */
  #putPlain(text: string): boolean {
    this.#reserve(text.length);
    let at = this.#length;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 127 || PLAIN[unit] === 0) return false;
      this.#bytes[at++] = unit;
    }
    this.#length = at;
    return true;
  }

  /** Milliseconds without what no clock can measure: up to three digits behind the point. */
  #milliseconds(ms: number | null, none: string): void {
    if (ms === null) return this.#put(none);
    const microseconds = Math.round(ms * 1_000);
    if (!(microseconds >= 0 && microseconds < MAX_QUICK)) return this.#put(String(microseconds / 1_000));
    const whole = Math.trunc(microseconds / 1_000);
    this.#number(whole);
    let rest = microseconds - whole * 1_000;
    if (rest > 0) this.#byte(POINT);
    for (let unit = 100; rest > 0; unit /= 10) {
      const digit = Math.trunc(rest / unit);
      this.#byte(ZERO + digit);
      rest -= digit * unit;
    }
  }

  /** A number without a fraction. */
  #number(value: number): void {
    if (!(value >= 0 && value < MAX_QUICK)) return this.#put(String(value));
    let digits = 1;
    for (let limit = 10; value >= limit; limit *= 10) digits++;
    this.#reserve(digits);
    this.#length += digits;
    let rest = value;
    for (let at = this.#length; digits > 0; digits--) {
      const tenth = Math.trunc(rest / 10);
      this.#bytes[--at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #put(text: string): void {
    this.#reserve(text.length * MAX_BYTES_OF_UNIT);
    const start = this.#length;
    let at = start;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 127) {
        this.#length = start + encoder.encodeInto(text, this.#bytes.subarray(start)).written;
        return;
      }
      this.#bytes[at++] = unit;
    }
    this.#length = at;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#length + count));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

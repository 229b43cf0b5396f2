/**
 * ksocket's hooks and messages in the form of ngctl on FreeBSD.
 *
 * @module
 */

import { parseText } from "../../ascii/parse.ts";
import { type ConvertArgument, type FreebsdForm, kernelForm } from "../../graph/core/freebsd_form.ts";
import { connectAddress } from "../../socket/address_text.ts";
import { type Endpoint, familyNumber, formatEndpoint, parseEndpoint } from "../../socket/endpoint.ts";
import {
  kernelSockopt,
  optionKey,
  optionNumbers,
  optionOctets,
  type SocketOption,
  sockopt,
  sockoptName,
} from "../../socket/option.ts";

/** The text of an option for ngctl; a query has no value. */
const setopt: ConvertArgument = (argument) => numbered("setopt", parseText(sockopt, argument ?? ""));
const getopt: ConvertArgument = (argument) => numbered("getopt", parseText(sockoptName, argument ?? ""));

const connect: ConvertArgument = (argument) => {
  const address = parseText(connectAddress, argument ?? "");
  if (address.family === "pool") return { lacks: "the kernel has no pools" };
  return address.family === "name" ? { lacks: "the kernel looks no names up" } : { command: "connect", argument };
};

const accept: ConvertArgument = (argument) => {
  return argument === null ? { command: "accept", argument } : { lacks: "the kernel leaves connections to a program" };
};

/** FreeBSD's form of ksocket. */
export const KSOCKET_KERNEL: FreebsdForm = kernelForm({
  hook: (name) => kernelEndpoint(parseEndpoint(name)),
  convert: { setopt, getopt, connect, accept },
});

/** The kernel has names of protocols for inet alone. */
function kernelEndpoint(endpoint: Endpoint): string {
  const text = formatEndpoint(endpoint);
  const [family = "", type = ""] = text.split("/");
  if (endpoint.family === "inet") return text;
  const named = typeof endpoint.family === "string" ? family : `${familyNumber(endpoint.family, "freebsd")}`;
  return `${named}/${type}/${endpoint.protocol}`;
}

function numbered(command: string, option: SocketOption): ReturnType<ConvertArgument> {
  const numbers = optionNumbers(option, "freebsd");
  if (numbers === null) return { lacks: `FreeBSD has no ${optionKey(option)}` };
  return { command, argument: kernelSockopt.format({ ...numbers, value: optionOctets(option) }) };
}

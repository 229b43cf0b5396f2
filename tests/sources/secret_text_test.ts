/** Addresses without their secrets. */
import assert from "node:assert/strict";
import { addressWithoutSecrets, withoutSecrets } from "../../src/sources/secret_text.ts";
import { parseSource } from "../../src/sources/source.ts";
import { SourceError } from "../../src/sources/source_error.ts";
import { test } from "../harness.ts";

const SECRETS = ["AAA1", "BBB2"];

/** Every form has both secrets, or one of them. */
const FORMS: readonly (readonly [form: string, shown: string])[] = [
  ["http://user:AAA1@host/x.yaml", "http://host/x.yaml"],
  ["http://user:AAA1@BBB2@host/x.yaml", "http://host/x.yaml"],
  ["http://AAA1@host:80/x", "http://host:80/x"],
  ["http://user:AAA1/BBB2@host/x", "http://host/x"],
  ["http://user:AAA1#BBB2@host/x", "http://host/x"],
  ["https://user:AAA1?BBB2@[::1]:8080/x", "https://[::1]:8080/x"],
  ["ssh://git:AAA1@host/repo.git", "ssh://host/repo.git"],
  ["http://host/x?token=AAA1&ref=main", "http://host/x?token=***&ref=main"],
  ["http://host/x?ref=main&private_token=AAA1#key=BBB2", "http://host/x?ref=main&private_token=***#key=***"],
  [
    "http://host/x?X-Amz-Signature=AAA1;X-Amz-Credential=BBB2",
    "http://host/x?X-Amz-Signature=***;X-Amz-Credential=***",
  ],
  ["http://host/x?u=AAA1aaaaaaaaaaaaaaaaaaaaaaaaBBB2", "http://host/x?u=***"],
  ["HTTP://user:AAA1@host/x", "HTTP://host/x"],
  ["http:/user:AAA1@host/x", "http:/host/x"],
  ["http:\\\\user:AAA1@host/x", "http:\\\\host/x"],
  ["https:///user:AAA1@host/x", "https:///host/x"],
  ["git+https://user:AAA1@host/r.git#main:x", "git+https://host/r.git#main:x"],
  ["http://host/x#AAA1aaaaaaaaaaaaaaaaaaaaaaaaBBB2", "http://host/x#***"],
  ["http://host/x?AAA1aaaaaaaaaaaaaaaaaaaaaaaaBBB2&ref=main", "http://host/x?***&ref=main"],
  ["fatal: unable to access 'http://u:AAA1@host/': refused", "fatal: unable to access 'http://host/': refused"],
];

test("withoutSecrets() shows no part of a password or token, whatever the form of the address", () => {
  for (const [form, shown] of FORMS) {
    assert.equal(withoutSecrets(form), shown);
    for (const secret of SECRETS) assert.ok(!withoutSecrets(form).includes(secret), form);
  }
});

test("withoutSecrets() keeps what is no secret", () => {
  for (
    const text of [
      "https://host/path@v1/x.yaml?ref=main",
      "file:///srv/net.git#main:/a",
      "no address: a@b",
      "http://[::1]:80/",
    ]
  ) {
    assert.equal(withoutSecrets(text), text);
  }
});

test("parseSource() shows no part of a password, whatever the form of the address", () => {
  const forms = [
    "http://u:AAA1 BBB2@host:99999/x",
    "git+https://u:AAA1@host/r.git",
    "git+ssh://AAA1@host/r.git",
    "GIT://u:AAA1 BBB2@host/r.git",
    "ftp://u:AAA1@host/x?token=BBB2",
  ];
  for (const form of forms) {
    assert.throws(() => parseSource(form, "/"), (error) => {
      return error instanceof SourceError && SECRETS.every((secret) => !error.message.includes(secret));
    }, form);
  }
  for (
    const form of ["HTTP://u:AAA1@host/x", "http:/u:AAA1@host/x", "http:\\\\u:AAA1@host/x", "http://u:AAA1 B@host/x"]
  ) {
    const source = parseSource(form, "/");
    assert.equal(source.kind === "url" && addressWithoutSecrets(source.url), "http://host/x");
  }
});

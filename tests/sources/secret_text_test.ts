/** Addresses without their secrets. */
import assert from "node:assert/strict";
import { withoutSecrets } from "../../src/sources/secret_text.ts";
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

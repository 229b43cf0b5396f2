/**
 * Situations that manual changes cause.
 *
 * @module
 */

import { echo, type Situation } from "./situation.ts";

/** Situations that manual changes cause. */
export const MANUAL: readonly Situation[] = [
  {
    name: "disarmed",
    reason: "NotAccepting",
    begin: async (stage, name) => {
      await stage.apply(name, echo());
      await stage.msg(`${name}/front:`, "disarm");
      return async () => await stage.reconcile(name);
    },
  },
  {
    name: "listener-shut-down",
    health: "Missing",
    reason: "NodeMissing",
    begin: async (stage, name) => {
      await stage.apply(name, echo());
      await stage.msg(`${name}/front:`, "shutdown");
      return async () => await stage.reconcile(name);
    },
  },
  {
    name: "renamed",
    health: "Missing",
    reason: "NodeMissing",
    begin: async (stage, name) => {
      await stage.apply(name, echo());
      await stage.msg(`${name}/echo:`, "name", '{ name="other" }');
      return async () => await stage.reconcile(name);
    },
  },
  {
    name: "denied-manually",
    reason: "ClientsDenied",
    begin: async (stage, name) => {
      await stage.apply(name, echo());
      await stage.msg(`${name}/front:`, "accept", '{ peer="echo" deny=[ 127.0.0.0/8 ] }');
      await stage.refusedClient(await stage.port(`${name}/front`));
      return async () => await stage.reconcile(name);
    },
  },
];

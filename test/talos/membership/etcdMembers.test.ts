import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseMembers } from "../../../src/talos/membership/etcdMembers.ts";

// As talosctl 1.12.0 prints it; the last one has been added and has not started.
const output = `NODE         ID                 HOSTNAME   PEER URLS                  CLIENT URLS                LEARNER
192.0.2.11   8e9e05c52164694d   k8s-1      https://192.0.2.11:2380    https://192.0.2.11:2379    false
192.0.2.11   0f1c2d3e4a5b6c7d   k8s-2      https://192.0.2.12:2380    https://192.0.2.12:2379    false
192.0.2.11   aa11bb22cc33dd44              https://192.0.2.13:2380                               true
`;

describe("members of etcd", () => {
  it("are read from talosctl's table, one that has not started without a name", () => {
    assert.deepEqual(parseMembers(output), [
      { id: "8e9e05c52164694d", name: "k8s-1" },
      { id: "0f1c2d3e4a5b6c7d", name: "k8s-2" },
      { id: "aa11bb22cc33dd44", name: "" },
    ]);
  });

  it("are none where there is no table", () => {
    assert.deepEqual(parseMembers("error: connection refused\n"), []);
  });
});

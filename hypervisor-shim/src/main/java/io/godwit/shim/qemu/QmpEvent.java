package io.godwit.shim.qemu;

import tools.jackson.databind.JsonNode;

/// Something QEMU tells unasked.
///
/// @param name  QEMU's name, such as `SHUTDOWN`
/// @param data  a missing node if the event carries none
record QmpEvent(String name, JsonNode data) {}

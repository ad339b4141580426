/// The promises, kept on real parts: agents, ZooKeeper, QEMU guests and shaped links.
@NullMarked
package io.godwit.chaos.acceptance;

import org.jspecify.annotations.NullMarked;

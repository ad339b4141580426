/// Who watches a lab during a run of `./chaos`, without asking any agent or QEMU: the processes in `/proc`, the
/// guests' services from the client's namespace, the owner records with a ZooKeeper client that only reads.
@NullMarked
package io.godwit.chaos.observer;

import org.jspecify.annotations.NullMarked;

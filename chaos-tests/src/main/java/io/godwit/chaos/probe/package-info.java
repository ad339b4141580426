/// What an outsider sees of a guest: pings, connections, acknowledged disk writes. Independent of the code under
/// test: the network is reached through `ping` and `nc` processes in the client's namespace.
@NullMarked
package io.godwit.chaos.probe;

import org.jspecify.annotations.NullMarked;

/// What may become of a guest's owner record, and how one change of it is carried through although answers get
/// lost. Pure: events in, actions out; no clock, no thread, no ZooKeeper, so that a simulator can drive the very
/// classes that run in production.
@NullMarked
package io.godwit.storage.handover;

import org.jspecify.annotations.NullMarked;

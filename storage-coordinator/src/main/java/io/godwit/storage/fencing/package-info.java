/// What an image server does to let one epoch write an image and no other. Pure: events in, actions out; no clock, no
/// thread, no disk, so that a simulator can drive the very classes that run in production.
@NullMarked
package io.godwit.storage.fencing;

import org.jspecify.annotations.NullMarked;

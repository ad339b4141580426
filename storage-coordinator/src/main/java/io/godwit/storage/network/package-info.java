/// Telling a network where an address is reached now.
@NullMarked
package io.godwit.storage.network;

import org.jspecify.annotations.NullMarked;

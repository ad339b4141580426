/// Pages to frames and frames to pages, and the digest that compares the RAM of both sides.
///
/// The guest writes while the source reads. So a batch is copied once into a private buffer, and everything that
/// looks at content twice (the zero test, compression, the checksum) looks at that copy, never at live memory.
@NullMarked
package io.godwit.migration.codec;

import org.jspecify.annotations.NullMarked;

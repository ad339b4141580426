/// Where images are: on an image server that fences, or in a plain shared directory that does not. Which of the two
/// is decided by the directory an image stands in.
@NullMarked
package io.godwit.storage.image;

import org.jspecify.annotations.NullMarked;

package io.godwit.storage.fencing;

/// What an image server keeps on its disk of one image.
///
/// @param grant   the highest that was ever activated: nothing below it is granted again
/// @param serving whether its export is to be there; false once it was withdrawn
public record Mark(Grant grant, boolean serving) {}

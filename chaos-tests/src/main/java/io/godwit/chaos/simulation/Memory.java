package io.godwit.chaos.simulation;

/// All that a guest remembers. It starts anew with each boot of the guest, called a life, and moves with it.
///
/// @param life    which boot
/// @param steps   how far the guest has come in this life
/// @param written the last record it knows to be on its image
record Memory(int life, long steps, long written) {
    /// Of a guest that has not booted yet.
    static final Memory NONE = new Memory(0, 0, 0);
}

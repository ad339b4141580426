package io.godwit.shim;

/// Asks the kernel how a TCP connection of this process does.
@FunctionalInterface
public interface ConnectionFigures {

    /// @param descriptor of an open socket; it must not be closed meanwhile
    /// @throws HypervisorException if it is no TCP connection, or this kernel does not tell
    Figures look(int descriptor) throws HypervisorException;

    /// @param roundTripMicros    how long packets take there and back, smoothed; 0 before the first answer
    /// @param bytesAcknowledged  that have arrived, since the connection was opened
    /// @param underWay           whether anything that was handed to the kernel has not arrived yet
    record Figures(long roundTripMicros, long bytesAcknowledged, boolean underWay) {}
}

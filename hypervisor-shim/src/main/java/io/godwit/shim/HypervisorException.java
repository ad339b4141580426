package io.godwit.shim;

import java.io.IOException;

/// The hypervisor, or the kernel under it, refused or failed a request. The message is a sentence for the
/// operator.
///
/// It is an [IOException] because whatever fails here is outside the process, and every caller has to decide
/// what the guest's state is afterwards.
public final class HypervisorException extends IOException {
    private static final long serialVersionUID = 1L;

    public HypervisorException(String message) {
        super(message);
    }

    public HypervisorException(String message, Throwable cause) {
        super(message, cause);
    }
}

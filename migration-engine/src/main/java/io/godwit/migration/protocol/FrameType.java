package io.godwit.migration.protocol;

import io.godwit.shim.GuestMemory;

/// Every kind of frame, its code on the wire and the most its payload may hold. Codes are never reused; zero is
/// none, so that a zeroed buffer is no frame.
public enum FrameType {
    HELLO(1, Hello.BYTES),
    WELCOME(2, Hello.BYTES),
    QUESTION(3, Limits.JSON_BYTES_MAX),
    ANSWER(4, Limits.JSON_BYTES_MAX),
    PREPARE(5, Limits.JSON_BYTES_MAX),
    PREPARED(6, 0),
    ABORT(7, Limits.TEXT_BYTES_MAX),
    HEARTBEAT(8, 0),
    ROUND_DONE(9, 4),
    DEVICE_STATE(10, 8 + Limits.STATE_PART_BYTES_MAX),
    DIGESTS(11, 8 + Limits.DIGESTS_MAX * Long.BYTES),
    COMPLETE(12, 12),
    RUNNING(13, 32 + Limits.TEXT_BYTES_MAX),
    FRAMES(16, Limits.FRAMES_BYTES_MAX),
    FRAMES_DONE(17, 16),
    POSTCOPY_BEGIN(20, 0),
    POSTCOPY_READY(21, 0),
    MISSING_MAP(22, 16 + Limits.MAP_WORDS_MAX * Long.BYTES),
    PAGE_REQUEST(23, Limits.PAGE_REQUESTS_MAX * Long.BYTES),
    LATE_PAGES(24, Limits.LATE_PREFIX_BYTES + Limits.FRAME_RAW_BYTES_MAX),
    ALL_PLACED(25, 0),
    PAGES_LOST(26, Limits.TEXT_BYTES_MAX),
    PAGES(32, 12 + Limits.FRAME_PAGES_MAX * (Limits.RUN_BYTES + GuestMemory.PAGE_BYTES)),
    ROUND_END(33, 8);

    /// Set in the codes of frames that a receiver which does not know them skips.
    public static final int OPTIONAL_BIT = 0x8000;

    private final int code;
    private final int payloadBytesMax;

    FrameType(int code, int payloadBytesMax) {
        this.code = code;
        this.payloadBytesMax = payloadBytesMax;
    }

    public int code() {
        return code;
    }

    public int payloadBytesMax() {
        return payloadBytesMax;
    }

    /// @throws ProtocolException for a mandatory code that is not known here
    static FrameType of(int code) throws ProtocolException {
        for (FrameType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        throw new ProtocolException("The peer sent a frame of an unknown mandatory type: " + code);
    }

    /// The fixed size of the two greetings, which never changes with the version.
    private static final class Hello {
        static final int BYTES = 32;
    }
}

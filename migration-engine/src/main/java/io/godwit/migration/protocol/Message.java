package io.godwit.migration.protocol;

import io.godwit.migration.IncomingGuests.Offer;
import java.util.List;

/// Everything the two sides say to each other except pages, which are never held as objects. `docs/protocol.md`
/// says who says what, when.
public sealed interface Message {
    FrameType type();

    /// First on every connection, from the side that opened it. Its layout is the same in every version.
    ///
    /// ```
    ///  0                   1                   2                   3
    ///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    /// +---------------------------------------------------------------+
    /// |              magic: the eight bytes "GODWIT\r\n"              |
    /// |                                                               |
    /// +-------------------------------+-------------------------------+
    /// |      oldest version spoken    |     newest version spoken     |
    /// +---------------+---------------+-------------------------------+
    /// | role: 1 ctl, 2 data | zero    |    number of the connection   |
    /// +---------------+---------------+-------------------------------+
    /// |            session token; zero on a control connection        |
    /// |                                                               |
    /// |                                                               |
    /// |                                                               |
    /// +---------------------------------------------------------------+
    /// ```
    record Hello(int versionMin, int versionMax, Role role, int connection, Token token) implements Message {
        public static final long MAGIC = 0x474F_4457_4954_0D0AL;

        @Override
        public FrameType type() {
            return FrameType.HELLO;
        }
    }

    /// The answer to [Hello], of the same size: magic, chosen version (16 bits), 48 bits of zero, session token.
    record Welcome(int version, Token token) implements Message {
        @Override
        public FrameType type() {
            return FrameType.WELCOME;
        }
    }

    /// Would you take this guest? JSON. Touches nothing.
    record Question(Offer offer) implements Message {
        @Override
        public FrameType type() {
            return FrameType.QUESTION;
        }
    }

    /// Every blocker at once; none means yes. JSON.
    record Answer(List<String> blockers) implements Message {
        public Answer {
            blockers = List.copyOf(blockers);
        }

        @Override
        public FrameType type() {
            return FrameType.ANSWER;
        }
    }

    /// Make ready to receive. JSON.
    record Prepare(Offer offer, int connections, boolean verify) implements Message {
        @Override
        public FrameType type() {
            return FrameType.PREPARE;
        }
    }

    /// The hypervisor waits; data connections are welcome. Empty.
    record Prepared() implements Message {
        @Override
        public FrameType type() {
            return FrameType.PREPARED;
        }
    }

    /// The sender gives the migration up; who runs the guest is a question to the record. UTF-8 text.
    record Abort(String reason) implements Message {
        @Override
        public FrameType type() {
            return FrameType.ABORT;
        }
    }

    /// Nothing to say, but alive. Empty.
    record Heartbeat() implements Message {
        @Override
        public FrameType type() {
            return FrameType.HEARTBEAT;
        }
    }

    /// All pages of this round and those before are in the target's RAM. 32 bits.
    record RoundDone(int round) implements Message {
        @Override
        public FrameType type() {
            return FrameType.ROUND_DONE;
        }
    }

    /// A piece of the packed device state, in order: total size (32 bits), offset (32 bits), bytes.
    @SuppressWarnings("ArrayRecordComponent") // an opaque piece of a blob, never compared
    record DeviceStatePart(int totalBytes, int offset, byte[] bytes) implements Message {
        @Override
        public FrameType type() {
            return FrameType.DEVICE_STATE;
        }
    }

    /// XXH64 of consecutive chunks of RAM: number of the first chunk (64 bits), then 64 bits a chunk.
    @SuppressWarnings("ArrayRecordComponent") // compared value by value where it matters
    record Digests(long firstChunk, long[] values) implements Message {
        @Override
        public FrameType type() {
            return FrameType.DIGESTS;
        }
    }

    /// The source has sent everything: last round (32 bits), size of the packed device state (32 bits), 1 if the guest
    /// was paused before the migration and stays so, else 0 (32 bits).
    record Complete(int finalRound, int deviceStateBytes, boolean paused) implements Message {
        @Override
        public FrameType type() {
            return FrameType.COMPLETE;
        }
    }

    /// The record says the guest is the target's. Epoch, then what loading, committing and resuming took in
    /// microseconds (64 bits each), then UTF-8 text: why the guest could not be resumed, empty if it was.
    record Running(long epoch, long loadMicros, long commitMicros, long resumeMicros, String resumeFailure)
            implements Message {
        @Override
        public FrameType type() {
            return FrameType.RUNNING;
        }
    }

    /// What has become of the guest's frames that were forwarded so far: frames put before its cards (64 bits),
    /// frames that could not be (64 bits).
    record FramesDone(long delivered, long dropped) implements Message {
        public static final FramesDone NOTHING = new FramesDone(0, 0);

        @Override
        public FrameType type() {
            return FrameType.FRAMES_DONE;
        }
    }

    /// Ends a round on a data connection: round (32 bits), number of page frames it had here (32 bits).
    record RoundEnd(int round, int frames) implements Message {
        @Override
        public FrameType type() {
            return FrameType.ROUND_END;
        }
    }

    /// What is said only if the guest is switched over with pages missing: see the package `postcopy`.
    sealed interface Postcopy extends Message {
        /// From the source, on the control connection: pages will be missing at the switchover, make ready
        /// for that. Empty.
        record Begin() implements Postcopy {
            @Override
            public FrameType type() {
                return FrameType.POSTCOPY_BEGIN;
            }
        }

        /// From the target: the guest can run here with pages missing. Empty.
        record Ready() implements Postcopy {
            @Override
            public FrameType type() {
                return FrameType.POSTCOPY_READY;
            }
        }

        /// Which pages are missing, a bit a page, in parts that follow each other: first page, a multiple of
        /// 64 (64 bits); 1 if this is the last part, else 0 (32 bits); zero (32 bits); words of 64 pages, the
        /// lowest page in the lowest bit.
        @SuppressWarnings("ArrayRecordComponent") // compared bit by bit where it matters
        record MissingMap(long firstPage, boolean last, long[] words) implements Postcopy {
            @Override
            public FrameType type() {
                return FrameType.MISSING_MAP;
            }
        }

        /// From the target: somebody waits for these pages. 64 bits a page.
        @SuppressWarnings("ArrayRecordComponent") // looked at page by page
        record PageRequest(long[] pages) implements Postcopy {
            @Override
            public FrameType type() {
                return FrameType.PAGE_REQUEST;
            }
        }

        /// From the target: no page is missing any more. Empty.
        record AllPlaced() implements Postcopy {
            @Override
            public FrameType type() {
                return FrameType.ALL_PLACED;
            }
        }

        /// From the source: the missing pages do not exist any more, and nor does the guest. UTF-8 text.
        record PagesLost(String reason) implements Postcopy {
            @Override
            public FrameType type() {
                return FrameType.PAGES_LOST;
            }
        }
    }

    /// What a connection is for.
    enum Role {
        CONTROL(1),
        DATA(2),

        /// Pages after the switchover. The token is the migration's id, for it may outlive the session.
        LATE(3);

        private final int code;

        Role(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }

        static Role of(int code) throws ProtocolException {
            for (Role role : values()) {
                if (role.code == code) {
                    return role;
                }
            }
            throw new ProtocolException("The peer opened a connection of an unknown role: " + code);
        }
    }
}

package io.godwit.storage.network;

import io.godwit.storage.AddressTakeover;
import io.godwit.storage.FrameSender;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// [AddressTakeover] with frames built here and sent through a [FrameSender], at the times of [Schedule].
public final class AddressAnnouncer implements AddressTakeover {
    private static final Logger log = LoggerFactory.getLogger(AddressAnnouncer.class);

    static final int ADDRESSES_MAX = 64;

    /// Announcements of one guest at the same time: one for each card. The oldest gives way.
    static final int CARDS_MAX = 32;

    private final FrameSender sender;
    private final Timers timers;
    private final Counter sent;
    private final Counter failed;
    /// By guest; several for a guest with several network cards. Guarded by itself.
    private final Map<String, List<Announcement>> pending = new HashMap<>();

    AddressAnnouncer(FrameSender sender, Timers timers, MeterRegistry meters) {
        this.sender = sender;
        this.timers = timers;
        sent = frames(meters, "sent");
        failed = frames(meters, "failed");
    }

    /// See [AddressTakeover#over].
    public static AddressAnnouncer over(FrameSender sender, MeterRegistry meters) {
        return new AddressAnnouncer(sender, new ThreadTimers(), meters);
    }

    /// @throws IllegalArgumentException if the MAC or an address is none, or there are too many
    @Override
    public void announce(String guest, String networkInterface, String mac, List<String> addresses) {
        if (addresses.size() > ADDRESSES_MAX) {
            throw new IllegalArgumentException("Too many addresses to announce for guest " + guest + ", at most "
                    + ADDRESSES_MAX + ": " + addresses.size());
        }
        byte[] hardware = MacAddress.parse(mac);
        List<byte[]> frames = new ArrayList<>();
        for (String address : addresses) {
            frames.addAll(AnnouncementFrames.of(hardware, InetAddress.ofLiteral(address)));
        }
        if (frames.isEmpty()) {
            return;
        }
        Announcement announcement = new Announcement(guest, networkInterface, frames);
        synchronized (pending) {
            List<Announcement> others = pending.computeIfAbsent(guest, _ -> new ArrayList<>());
            if (others.size() >= CARDS_MAX) {
                others.removeFirst().cancel();
            }
            others.add(announcement);
            announcement.start();
        }
    }

    @Override
    public void silence(String guest) {
        List<Announcement> all;
        synchronized (pending) {
            all = pending.remove(guest);
        }
        if (all != null) {
            all.forEach(Announcement::cancel);
        }
    }

    @Override
    public void close() {
        timers.close();
        synchronized (pending) {
            pending.clear();
        }
    }

    /// @return guests that are still being announced
    int pendingGuests() {
        synchronized (pending) {
            return pending.size();
        }
    }

    private void finished(Announcement announcement) {
        synchronized (pending) {
            List<Announcement> all = pending.get(announcement.guest);
            if (all != null && all.remove(announcement) && all.isEmpty()) {
                pending.remove(announcement.guest);
            }
        }
    }

    private static Counter frames(MeterRegistry meters, String outcome) {
        return Counter.builder("godwit.announcement.frames")
                .description("Frames that announce a guest's addresses, by outcome")
                .tag("outcome", outcome)
                .register(meters);
    }

    /// The frames of one network card and the timers that send them.
    private final class Announcement {
        private final String guest;
        private final String networkInterface;
        private final List<byte[]> frames;
        private final List<Runnable> cancellations = new ArrayList<>();
        private boolean silenced;
        private boolean complained;

        Announcement(String guest, String networkInterface, List<byte[]> frames) {
            this.guest = guest;
            this.networkInterface = networkInterface;
            this.frames = List.copyOf(frames);
        }

        synchronized void start() {
            long last = Schedule.ANNOUNCE_AT_MS[Schedule.ANNOUNCE_AT_MS.length - 1];
            for (long atMs : Schedule.ANNOUNCE_AT_MS) {
                cancellations.add(timers.after(atMs, () -> send(atMs == last)));
            }
        }

        /// Once this has returned, no frame leaves any more.
        synchronized void cancel() {
            silenced = true;
            cancellations.forEach(Runnable::run);
        }

        private void send(boolean last) {
            synchronized (this) {
                if (silenced) {
                    return;
                }
                frames.forEach(this::sendOne);
            }
            if (last) {
                finished(this);
            }
        }

        private void sendOne(byte[] frame) {
            try {
                sender.send(networkInterface, frame.clone());
                sent.increment();
            } catch (IOException | RuntimeException e) {
                failed.increment();
                if (!complained) {
                    complained = true;
                    log.warn(
                            "An address of guest {} could not be announced on {}, will be tried again",
                            guest,
                            networkInterface,
                            e);
                }
            }
        }
    }
}

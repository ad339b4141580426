package io.godwit.chaos.verdict;

import io.godwit.chaos.history.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Every acknowledged record is on the image once and in order; none stands behind a gap; and the runs of the
/// writer, each a boot of the guest in an epoch of its own, follow one another: once a later one has written, no
/// earlier one has.
public final class DiskTruth {
    private static final int FINDINGS_MAX = 20;

    private final String guest;
    private final ImageRecords image;
    private final List<Event.Acknowledged> acknowledged;
    private final List<String> findings = new ArrayList<>();

    private DiskTruth(String guest, List<Event> events, ImageRecords image) {
        this.guest = guest;
        this.image = image;
        this.acknowledged = events.stream()
                .filter(Event.Acknowledged.class::isInstance)
                .map(Event.Acknowledged.class::cast)
                .filter(one -> one.guest().equals(guest))
                .toList();
    }

    /// @param image  the guest's, once nobody writes it any more
    /// @return what is wrong, as sentences, the first 20; empty if nothing is
    public static List<String> check(String guest, List<Event> events, ImageRecords image) {
        DiskTruth truth = new DiskTruth(guest, events, image);
        truth.checkSomethingWasSeen();
        truth.checkPlaces();
        truth.checkAcknowledged();
        truth.checkRuns();
        return List.copyOf(truth.findings.subList(0, Math.min(FINDINGS_MAX, truth.findings.size())));
    }

    private void checkSomethingWasSeen() {
        if (acknowledged.isEmpty()) {
            note("no record was ever acknowledged, so nothing is shown");
        }
    }

    private void checkPlaces() {
        Set<Long> numbers = new HashSet<>();
        long expected = 0;
        for (ImageRecords.Stored record : image.records()) {
            if (record.place() != expected) {
                note("record " + record.number() + " stands behind a gap, at place " + record.place() + " instead of "
                        + expected);
                expected = record.place();
            }
            if (record.number() != record.place()) {
                note("record " + record.number() + " stands in the place of record " + record.place());
            }
            if (!numbers.add(record.number())) {
                note("record " + record.number() + " is there twice");
            }
            expected++;
        }
    }

    private void checkAcknowledged() {
        Map<Long, ImageRecords.Stored> byPlace = new HashMap<>();
        image.records().forEach(record -> byPlace.put(record.place(), record));
        Map<Long, Event.Acknowledged> told = new HashMap<>();
        for (Event.Acknowledged one : acknowledged) {
            Event.Acknowledged before = told.put(one.number(), one);
            if (before != null && (before.crc() != one.crc() || !before.run().equals(one.run()))) {
                note("record " + one.number() + " was acknowledged by run " + before.run() + " and again by run "
                        + one.run() + ": the first is lost");
            }
            ImageRecords.Stored record = byPlace.get(one.number());
            if (record == null) {
                note("record " + one.number() + " of run " + one.run() + " is acknowledged and lost");
            } else if (record.crc() != one.crc()) {
                note("record " + one.number() + " is one of run " + record.run()
                        + ", not the one that was acknowledged, of run " + one.run());
            }
        }
    }

    private void checkRuns() {
        Set<String> ended = new HashSet<>();
        List<String> onImage = new ArrayList<>();
        for (ImageRecords.Stored record : image.records()) {
            if (!onImage.isEmpty() && onImage.getLast().equals(record.run())) {
                continue;
            }
            if (!onImage.isEmpty()) {
                ended.add(onImage.getLast());
            }
            if (ended.contains(record.run())) {
                note("run " + record.run() + " wrote record " + record.number() + " after a later run had written");
            }
            onImage.add(record.run());
        }
        Set<String> heard = new LinkedHashSet<>();
        acknowledged.forEach(one -> heard.add(one.run()));
        List<String> both = onImage.stream().filter(heard::contains).distinct().toList();
        if (!both.equals(heard.stream().filter(onImage::contains).toList())) {
            note("runs stand on the image as " + both + " and were heard as " + heard);
        }
    }

    private void note(String finding) {
        findings.add("Disk of " + guest + ": " + finding);
    }
}

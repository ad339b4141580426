package io.godwit.agent.migrations;

import io.godwit.agent.guests.PageNotes;
import io.godwit.migration.PagesOwed;
import java.io.IOException;

/// Notes what one guest may leave behind here.
final class OwedNote implements PagesOwed {
    private final PageNotes notes;
    private final String guest;
    private final long epoch;

    /// @param epoch the guest's here: the target's, should it take the guest, is the next
    OwedNote(PageNotes notes, String guest, long epoch) {
        this.notes = notes;
        this.guest = guest;
        this.epoch = epoch;
    }

    @Override
    public long owe(Debt debt) throws IOException {
        long there = epoch + 1;
        notes.owed(guest, new PageNotes.Owed(debt, there));
        return there;
    }

    @Override
    public void paid() {
        notes.forgetOwed(guest);
    }
}

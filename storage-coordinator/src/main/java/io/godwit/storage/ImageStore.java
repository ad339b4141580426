package io.godwit.storage;

import java.util.List;
import java.util.Map;
import java.util.Set;

/// Lets exactly one epoch of a guest write its images.
///
/// The promise: after [#activate] of an epoch has returned, no write that was or is sent on the grant of any other
/// epoch or cause reaches these images any more, requests that were under way among them, and no grant of a lower
/// epoch is ever given again, whatever crashes and comes back. It holds for images for which [#fences] is true. For
/// others all methods succeed and do nothing, and the file system's locks and the lease must do.
///
/// A grant in itself is not permission to run a guest: only the owner record is.
public interface ImageStore {

    /// Whether the promise holds for every one of these images, so that whoever has activated need not wait until
    /// a former owner is dead. True for no images at all.
    boolean fences(Set<String> images);

    /// Everything that would keep a grant from being given now, each a sentence. Changes nothing.
    List<String> blockers(String guest, Set<String> images) throws InterruptedException;

    /// Makes the grant of an epoch to come, so that the target of a migration can open the images before it owns
    /// them. The owner's grant is not disturbed. Of several causes prepared for one epoch the last one holds.
    ///
    /// @return how each of the images is reached under this grant
    /// @throws ImageStoreException if nothing was granted, or nobody knows; [#withdraw] clears up
    Map<String, ImageSource> prepare(ImageGrant grant) throws ImageStoreException, InterruptedException;

    /// Revokes every other grant of these images and waits until their last request has ended. To be called by
    /// the owner that the record names, before the guest runs. Idempotent.
    ///
    /// @return how each of the images is reached: as [#prepare] said, if it was prepared
    /// @throws ImageStoreException REFUSED: this epoch will never be active; UNAVAILABLE: nobody knows, and the
    ///                             guest must not run until a later call has succeeded
    Map<String, ImageSource> activate(ImageGrant grant) throws ImageStoreException, InterruptedException;

    /// Takes a grant away, because its guest has stopped, or does not come after all. Grants of other epochs and
    /// causes are left alone. A grant that is not there is success.
    ///
    /// @throws ImageStoreException if it may still be there; the next activation revokes it
    void withdraw(ImageGrant grant) throws ImageStoreException, InterruptedException;
}

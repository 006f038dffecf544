"""A run becomes what readers see, all of it or nothing, and goes back: in its folder, and wherever a shop reads.

publish        the night's own step: staged aside, forced to disk, one link turned; and rolled back
history        what was published, in order
disk           a full or read-only disk, told in one line
overrides      products hidden from the website, in a small file beside the runs
hiding         `boxwise overrides`: hide, show, list, wherever a run was published to
targets        `boxwise publish --to URL`: which module serves which kind of address
folder         file:///...: another folder, by the same steps
website_source a run's website.sqlite, checked before it goes anywhere
postgres       postgresql://...: tables beside, views in front; a room of its own
"""

"""The examples that the help of a command ends with."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "cat": ("obs cat s3://album/notes.txt", "obs cat 's3://logs/app.log' --start 1000 --stop 2000"),
    "cleanup": ("obs cleanup s3://album", "obs cleanup --older-than 1d swift://album/videos"),
    "completion": ('eval "$(obs completion bash)"', "obs completion fish | source"),
    "check": ("obs check swift://album s3://album", "obs check photos s3://album/photos --quiet && echo the same"),
    "cp": (
        "obs cp s3://album/cat.jpg swift://album/",
        "obs cp 's3://album/2026/*.jpg' copies/",
        "obs cp -r s3://album/2026 swift://album/",
    ),
    "du": ("obs du -h s3://album", "obs du --depth 2 s3://album/photos"),
    "get": (
        "obs get s3://album/cat.jpg",
        "obs get 's3://album/*.jpg' pictures/",
        "obs get -r s3://album/2026 pictures/",
    ),
    "help": ("obs help", "obs help sync", "obs help object_write", "obs help --search retention"),
    "info": ("obs info s3://album/cat.jpg", "obs info s3://album --json"),
    "ls": ("obs ls s3://album/2026/", "obs ls -lh 's3://album/*.jpg'", "obs ls -r --urls s3://album"),
    "mb": ("obs mb s3://album", "obs mb swift://album?region=west", "obs mb pictures"),
    "meta": ("obs meta s3://album/cat.jpg", "obs meta set s3://album/cat.jpg author=ada"),
    "mv": ("obs mv s3://album/cat.jpg s3://album/2026/", "obs mv 's3://album/*.jpg' s3://album/pictures/"),
    "put": (
        "obs put notes.txt s3://album/",
        "obs put -r photos s3://album/",
        "date | obs put - s3://album/now.txt --type text/plain",
    ),
    "probe": ("obs probe s3://album", "obs probe --json s3://album > store.json"),
    "rb": ("obs rb s3://album", "obs rb --force s3://album"),
    "rm": ("obs rm s3://album/cat.jpg", "obs rm 's3://album/*.tmp'", "obs rm -r --dry-run s3://album/2025"),
    "stores": (
        "obs stores add work 's3://?endpoint_url=https://s3.example.com&profile=work'",
        "obs stores list",
        "obs ls work://album",
    ),
    "sync": (
        "obs sync photos s3://album/photos",
        "obs sync --delete --dry-run swift://album s3://album",
        "obs sync photos s3://album --exclude '*.tmp' --progress=plain",
    ),
    "test": ("obs test s3://album/tests", "obs test swift:// -k list", "obs test file:///srv/store"),
    "transfers": ("obs transfers", "obs transfers resume 3f2a", "obs transfers abandon 3f2a"),
    "tree": ("obs tree s3://album", "obs tree --depth 2 photos"),
    "version": ("obs version", "obs version --json"),
    "url": ("obs url s3://album/cat.jpg", "obs url put s3://album/new.jpg --expires 15m"),
}


def epilog(name: str) -> str | None:
    """The examples of a command as click shows them at the end of its help; None if it has none."""
    lines = EXAMPLES.get(name)
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines) if lines else None

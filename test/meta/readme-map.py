"""Holds README.md's map of the rooms against the tree, both ways."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
named = set(re.findall(r"^\| `([\w/-]+)/` \|", (root / "README.md").read_text(), re.M))
if not named:
    sys.exit("README.md has no map: a table whose rows begin with | `folder/` |")
rooms = {str(p.parent.relative_to(root))
         for top in ("dialects", "lib", "tools")
         for p in (root / top).glob("*/CMakeLists.txt")}
problems = [f"README.md names {name}/, which does not exist"
            for name in sorted(named) if not (root / name).is_dir()]
problems += [f"README.md's map lacks {room}/" for room in sorted(rooms - named)]
sys.exit("\n".join(problems) or 0)

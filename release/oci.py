"""Images as an OCI layout, from binaries that exist: no daemon, no clock, no host name, no umask is in them.

The same binaries and notes give the same digests anywhere: JSON has sorted keys and no spaces, a layer is one ustar entry
of root's with a fixed mode and time, and one pinned compressor packs it.
"""

import hashlib
import io
import json
import pathlib
import tarfile

import zopfli.gzip  # a system's zlib gives other bytes from one version to the next

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
LAYER_OF_DOCKER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
NAME = "org.opencontainers.image.ref.name"

# More than five cost time and save some hundred bytes.
PASSES = 5


def encoded(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Layer:
    """One executable file, as a layer of an image."""

    def __init__(self, path, binary, epoch):
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.size, entry.mode, entry.mtime = len(binary), 0o755, epoch
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            archive.addfile(entry, io.BytesIO(binary))
        self.uncompressed = digest_of(buffer.getvalue())
        self.data = zopfli.gzip.compress(buffer.getvalue(), numiterations=PASSES)


class Base:
    """What an image stands on, for one architecture."""

    def __init__(self, layout, reference, architecture):
        manifest = layout.json(layout.only())
        if "manifests" in manifest:
            (manifest,) = (layout.json(each) for each in manifest["manifests"]
                           if each["platform"]["os"] == "linux" and each["platform"]["architecture"] == architecture
                           and each["platform"].get("variant", "v8") == "v8")  # fmt: skip
        config = layout.json(manifest["config"])
        kinds = {each["mediaType"] for each in manifest["layers"]}
        if not kinds <= {LAYER, LAYER_OF_DOCKER}:
            raise ValueError(f"{reference} has layers of another kind: {kinds}")
        self.layers = [layout.get(each) for each in manifest["layers"]]
        self.uncompressed = config["rootfs"]["diff_ids"]
        self.history = config.get("history", [])
        self.variables = config["config"].get("Env", [])
        name, _, digest = reference.partition("@")
        self.annotations = {"org.opencontainers.image.base.name": name, "org.opencontainers.image.base.digest": digest}


class Layout:
    """A folder in the OCI image layout. Nothing in it is believed before its digest is."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def _file(self, digest):
        algorithm, _, digits = digest.partition(":")
        return self.folder / "blobs" / algorithm / digits

    def get(self, descriptor):
        data = self._file(descriptor["digest"]).read_bytes()
        if digest_of(data) != descriptor["digest"]:
            raise ValueError(f"{self.folder} has other bytes under {descriptor['digest']}")
        return data

    def json(self, descriptor):
        return json.loads(self.get(descriptor))

    def put(self, data, media_type, **more):
        descriptor = {"mediaType": media_type, "digest": digest_of(data), "size": len(data), **more}
        file = self._file(descriptor["digest"])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return descriptor

    def only(self):
        """The image of a layout that has one."""
        (descriptor,) = json.loads((self.folder / "index.json").read_bytes())["manifests"]
        return descriptor

    def finish(self, images):
        """Names the images, which makes the folder a layout."""
        named = [{**image, "annotations": {NAME: name}} for name, image in images.items()]
        (self.folder / "oci-layout").write_bytes(encoded({"imageLayoutVersion": "1.0.0"}))
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": named}
        (self.folder / "index.json").write_bytes(encoded(index))


def image(layout, layers, settings, notes, bases=None):
    """An image of several architectures: one layer for each, on a base or on nothing. Returns its descriptor."""
    created = notes["org.opencontainers.image.created"]
    manifests = []
    for architecture, layer in sorted(layers.items()):
        base = bases and bases[architecture]
        variables = {"Env": base.variables} if base and base.variables else {}
        config = {
            "architecture": architecture,
            "config": {**settings, **variables, "Labels": notes},
            "created": created,
            "history": [*(base.history if base else []), {"created": created, "created_by": "release/oci.py"}],
            "os": "linux",
            "rootfs": {"diff_ids": [*(base.uncompressed if base else []), layer.uncompressed], "type": "layers"},
        }
        lower = [layout.put(data, LAYER) for data in base.layers] if base else []
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "annotations": {**notes, **(base.annotations if base else {})},
            "config": layout.put(encoded(config), CONFIG),
            "layers": [*lower, layout.put(layer.data, LAYER)],
        }
        platform = {"architecture": architecture, "os": "linux"}
        manifests.append(layout.put(encoded(manifest), MANIFEST, platform=platform))
    index = {"schemaVersion": 2, "mediaType": INDEX, "annotations": notes, "manifests": manifests}
    return layout.put(encoded(index), INDEX)

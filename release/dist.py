"""The folder of what is published: the images as an OCI layout, and the files of the release.

    oci/                                       the images `scratch` and `shell`
    yunxiao-run-ARCH-unknown-linux-musl.tgz    the binary: the layer of the image, byte for byte
    yunxiao-run-vVERSION.cdx.json              what the binary is made of
    images.txt                                 the images' digests
    SHA256SUMS                                 the checksums of the files
"""

import concurrent.futures
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import tempfile

import tag

# How the images are called, beside a version's number.
SUFFIXES = {"scratch": "", "shell": "-shell"}


def assemble(binaries, dist, source):
    import oci  # it needs zopfli, which no other step does

    epoch, version = tag.time_of(source), tag.version_of(source)
    dist.mkdir(parents=True)
    with concurrent.futures.ProcessPoolExecutor() as processes:
        layers = {path: {each: processes.submit(oci.Layer, path, (binaries / each).read_bytes(), epoch)
                         for each in tag.ARCHITECTURES}
                  for path in ("/yunxiao-run", "/bin/yunxiao-run")}  # fmt: skip
        layers = {path: {each: layer.result() for each, layer in found.items()} for path, found in layers.items()}

    layout, annotations = oci.Layout(dist / "oci"), annotations_of(source)
    layout.finish({
        "scratch": oci.image(layout, layers["/yunxiao-run"], {"Entrypoint": ["/yunxiao-run"]}, annotations),
        "shell": oci.image(layout, layers["/bin/yunxiao-run"], {"Cmd": ["yunxiao-run"]}, annotations, bases_of(source)),
    })  # fmt: skip
    for architecture, layer in layers["/yunxiao-run"].items():
        archive(dist, architecture).write_bytes(layer.data)
    sbom(source, dist / f"yunxiao-run-v{version}.cdx.json")
    place = tag.places_of(source)[0]
    listed = [f"{place}:{version}{SUFFIXES[name]}@{digest}\n" for name, digest in images(dist).items()]
    (dist / "images.txt").write_text("".join(listed))
    (dist / "SHA256SUMS").write_text(checksums(dist))


def annotations_of(source):
    repository, version = tag.repository_of(source), tag.version_of(source)
    created = datetime.datetime.fromtimestamp(tag.time_of(source), datetime.timezone.utc)
    texts = {
        "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "description": "Starts an Alibaba Cloud Yunxiao Flow pipeline from any CI system",
        "documentation": f"{repository}/blob/v{version}/README.md",
        "licenses": "MIT",
        "revision": source,
        "source": repository,
        "title": "yunxiao-run",
        "url": repository,
        "version": version,
    }
    return {f"org.opencontainers.image.{name}": text for name, text in texts.items()}


def bases_of(source):
    """What the shell image stands on, for each architecture."""
    import oci

    reference = tag.base_of(source, "BUSYBOX_IMAGE")
    with tempfile.TemporaryDirectory() as folder:
        by_digest = re.sub(r":[^:/@]+@", "@", reference)  # skopeo takes a tag or a digest
        copy = ["skopeo", "copy", "--quiet", "--all", f"docker://{by_digest}", f"oci:{folder}/base:base"]
        subprocess.run(copy, check=True)
        return {each: oci.Base(oci.Layout(f"{folder}/base"), reference, each) for each in tag.ARCHITECTURES}


def sbom(source, file):
    """The same bytes for the same commit in any folder."""
    with tempfile.TemporaryDirectory() as folder:
        tag.export(source, folder)
        subprocess.run(
            ["cargo", "cyclonedx", "--quiet", "--format=json", "--spec-version=1.5", "--no-build-deps",
             "--target=x86_64-unknown-linux-musl", "--override-filename=bom"],
            check=True, cwd=folder, env={**os.environ, "SOURCE_DATE_EPOCH": str(tag.time_of(source))})  # fmt: skip
        # Its references name the folder that it ran in.
        found = (pathlib.Path(folder) / "bom.json").read_text()
    file.write_text(found.replace(f"path+file://{folder}", "path+file:///yunxiao-run"))


def archive(dist, architecture):
    return dist / f"yunxiao-run-{tag.ARCHITECTURES[architecture]}-unknown-linux-musl.tgz"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def files(dist):
    """The files of the release that have a checksum."""
    return sorted(file for file in dist.iterdir() if file.is_file() and file.name != "SHA256SUMS")


def checksums(dist):
    return "".join(f"{sha256(file.read_bytes())}  {file.name}\n" for file in files(dist))


def images(dist):
    """The images' digests by name. Everything that they consist of is read and held against its digest."""
    listed = json.loads((dist / "oci/index.json").read_bytes())["manifests"]
    for blob in (dist / "oci/blobs/sha256").iterdir():
        if sha256(blob.read_bytes()) != blob.name:
            raise tag.Refused(f"{blob} has other bytes than its name says")
    return {each["annotations"]["org.opencontainers.image.ref.name"]: each["digest"] for each in listed}


def digests(dist):
    """What a tag names of it, once it is sure that the folder agrees with itself."""
    if (dist / "SHA256SUMS").read_text() != checksums(dist):
        raise tag.Refused(f"{dist}/SHA256SUMS is not what the files beside it give")
    binaries = {each: sha256(archive(dist, each).read_bytes()) for each in tag.ARCHITECTURES}
    return {"image": images(dist)["scratch"], **binaries}

"""The store: whole entries or none, whatever happens to those who write them."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from core.contracts import Artefact
from core.errors import Cancelled, StoreError
from core.store import Store
from core.store import entry as store_entry
from core.store import size as store_size
from tests.store_worker import artefact_of, churn, is_whole, key_of

ROOT = Path(__file__).parent.parent
GIB = 2**30


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home", GIB)


def spawn(role: str, store: Store, *rest: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.store_worker", role),
            *(str(store.root), str(store.max_bytes), *rest),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def entry_folder(store: Store, key: str) -> Path:
    return store.root / "store" / key[:2] / key


def test_round_trip_keeps_document_names_shapes_and_dtypes(store: Store) -> None:
    arrays = {
        "float": np.random.default_rng(0).normal(size=(224, 224)).astype(np.float32),
        "half": np.array([1.5, np.nan, np.inf], np.float16),
        "int": np.arange(6, dtype=np.int64).reshape(2, 3)[:, ::-1],
        "bool": np.array([[True], [False]]),
        "bytes": np.frombuffer(b"\x00\xff", np.uint8),
        "text": np.array("ünïcode"),
        "empty": np.zeros((0, 3), np.float64),
        "scalar": np.array(3.25),
        "file": np.ones(2, ">i2"),
        "block/conv/kernel": np.ones((1, 1)),
    }
    document = {"name": "Größe", "nested": {"list": [1, 2.5, None, True]}}
    store.put(key_of(0), Artefact(document, arrays))
    found = store.get(key_of(0))
    assert found is not None
    assert found.document == document
    assert list(found.arrays) == list(arrays)
    for name, array in arrays.items():
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].shape == array.shape
        np.testing.assert_array_equal(found.arrays[name], array)


def test_a_document_alone_has_no_npz(store: Store) -> None:
    store.put(key_of(0), Artefact({"a": 1}), kind="note")
    assert store.get(key_of(0)) == Artefact({"a": 1})
    assert not (entry_folder(store, key_of(0)) / "arrays.npz").exists()
    assert [entry.kind for entry in store.entries()] == ["note"]


def test_objects_are_refused_and_leave_nothing(store: Store) -> None:
    with pytest.raises(ValueError, match="Object arrays"):
        store.put(key_of(0), Artefact({}, {"a": np.array([{}], dtype=object)}))
    assert store.get(key_of(0)) is None
    assert list((store.root / "tmp").iterdir()) == []


def test_a_pickle_in_an_entry_is_never_loaded(store: Store) -> None:
    """Even with checksums that fit."""
    store.put(key_of(0), artefact_of(0))
    folder = entry_folder(store, key_of(0))
    np.savez(folder / "arrays.npz", map=np.array([print], dtype=object))
    payload = (folder / "arrays.npz").read_bytes()
    manifest = json.loads((folder / "manifest.json").read_text())
    import hashlib

    digest = hashlib.sha256(payload).hexdigest()
    manifest["files"]["arrays.npz"] = {"bytes": len(payload), "sha256": digest}
    del manifest["sha256"]
    (folder / "manifest.json").write_bytes(store_entry._signed(manifest))
    assert store.get(key_of(0)) is None
    assert "allow_pickle=False" in store.damage[0].reason


@pytest.mark.parametrize(
    "key", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n", "g" * 64]
)
def test_a_key_is_64_hex_digits(store: Store, key: str) -> None:
    for use in (store.get, store.contains, lambda k: store.put(k, artefact_of(0))):
        with pytest.raises(StoreError, match="64 lowercase hex digits"):
            use(key)
    with pytest.raises(StoreError), store.lock(key):
        pass


def test_the_first_writer_wins(store: Store) -> None:
    store.put(key_of(0), artefact_of(1))
    store.put(key_of(0), artefact_of(2))
    found = store.get(key_of(0))
    assert found is not None
    assert found.document == {"number": 1}
    assert list((store.root / "tmp").iterdir()) == []


@pytest.mark.parametrize("name", ["document.json", "arrays.npz", "manifest.json"])
@pytest.mark.parametrize("harm", ["flip", "truncate", "delete", "empty"])
def test_damage_is_set_aside_reported_and_recomputed(
    store: Store, name: str, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    store.put(key_of(0), artefact_of(0))
    path = entry_folder(store, key_of(0)) / name
    payload = bytearray(path.read_bytes())
    payload[len(payload) // 2] ^= 1
    if harm == "delete":
        path.unlink()
    else:
        path.write_bytes({"flip": payload, "truncate": payload[:-7], "empty": b""}[harm])
    artefact, cached = store.get_or_compute(key_of(0), lambda: artefact_of(0))
    assert not cached
    assert is_whole(0, artefact)
    assert store.damaged_count == store.stats().damaged == 1
    assert store.damage[0].key == key_of(0)
    assert store.damage[0].folder.is_dir()
    assert "damaged" in caplog.text
    assert store.get_or_compute(key_of(0), lambda: artefact_of(0))[1]
    assert store.clear() == 1
    assert store.stats().damaged == 0


def test_an_entry_under_the_wrong_key_is_damaged(store: Store) -> None:
    store.put(key_of(0), artefact_of(0))
    wrong = entry_folder(store, key_of(1))
    wrong.parent.mkdir(exist_ok=True)
    entry_folder(store, key_of(0)).rename(wrong)
    assert store.get(key_of(1)) is None
    assert store.damaged_count == 1


def test_eviction_drops_the_least_recently_used(tmp_path: Path) -> None:
    size = 40_000
    store = Store(tmp_path, 5 * size)
    for number in range(5):
        store.put(key_of(number), artefact_of(number))
        os.utime(entry_folder(store, key_of(number)), (number, number))
    assert store.get(key_of(0)) is not None  # now the most recently used
    store.put(key_of(5), artefact_of(5))
    kept = [number for number in range(6) if store.contains(key_of(number))]
    assert kept[0] == 0
    assert kept[-1] == 5
    assert 1 not in kept
    assert store.stats().bytes <= store.max_bytes
    assert list((tmp_path / "trash").iterdir()) == []


def test_an_entry_bigger_than_the_cap_stays_until_the_next(tmp_path: Path) -> None:
    store = Store(tmp_path, 1000)
    store.put(key_of(0), artefact_of(0))
    assert store.get(key_of(0)) is not None
    store.put(key_of(1), artefact_of(1))
    assert [entry.key for entry in store.entries()] == [key_of(1)]


def test_the_account_survives_restarts_and_damage(tmp_path: Path) -> None:
    for number in range(12):
        if number == 6:
            (tmp_path / "usage").write_text("nonsense")
        Store(tmp_path, 200_000).put(key_of(number), artefact_of(number))
        assert Store(tmp_path, 200_000).stats().bytes <= 200_000


def test_readers_that_race_with_eviction_see_a_miss(tmp_path: Path) -> None:
    store = Store(tmp_path, 150_000)
    ended = threading.Event()
    problems: list[BaseException | str] = []

    def read() -> None:
        try:
            while not ended.is_set():
                for number in range(12):
                    found = store.get(key_of(number))
                    if found is not None and not is_whole(number, found):
                        problems.append(f"torn {number}")
        except BaseException as error:
            problems.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(60):
        store.put(key_of(number % 12), artefact_of(number % 12))
    ended.set()
    for reader in readers:
        reader.join()
    assert problems == []
    assert store.damaged_count == 0


def test_many_processes_compute_a_key_once(store: Store, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    processes = [spawn("compute", store, str(trace)) for _ in range(6)]
    answers = sorted(process.communicate(timeout=60)[0].strip() for process in processes)
    assert answers == ["False"] + ["True"] * 5
    assert len(trace.read_text().splitlines()) == 1


def test_kills_in_the_midst_of_writing_tear_nothing(tmp_path: Path) -> None:
    """Three processes write, read and evict; each is killed at a random moment, again and again.

    Until ten were killed while they wrote: how many kills that takes is the machine's affair.
    """
    store = Store(tmp_path / "home", 600_000)
    context = multiprocessing.get_context("forkserver")  # starts in milliseconds, imports done
    context.set_forkserver_preload(["tests.store_worker"])
    dice = random.Random(0)

    def start() -> multiprocessing.process.BaseProcess:
        process = context.Process(target=churn, args=(store,), daemon=True)
        process.start()
        return process

    running = [start() for _ in range(3)]
    mid_write = 0
    while mid_write < 10:
        time.sleep(dice.uniform(0.02, 0.08))
        victim = running.pop(0)
        assert victim.exitcode is None, f"left by itself with status {victim.exitcode}"
        victim.kill()
        victim.join()
        mid_write += any(f"-{victim.pid}-" in path.name for path in (store.root / "tmp").iterdir())
        running.append(start())
        for number in range(40):
            found = store.get(key_of(number))
            assert found is None or is_whole(number, found)
    for process in running:
        process.kill()
        process.join()
    assert store.damaged_count == store.stats().damaged == 0
    store.sweep()
    assert list((store.root / "tmp").iterdir()) == []
    store.put(key_of(99), artefact_of(99))
    assert store.get(key_of(99)) is not None


def test_a_lock_is_held_across_processes_and_ends_with_its_holder(store: Store) -> None:
    holder = spawn("hold", store)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "locked\n"
    checks = 0

    def check() -> None:
        nonlocal checks
        checks += 1
        if checks == 2:
            raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"), store.lock(key_of(1), check=check):
        pass
    with store.lock(key_of(2)):
        pass  # another key is free
    holder.kill()
    holder.communicate()
    with store.lock(key_of(1)):
        pass
    assert list((store.root / "locks").iterdir()) == []


def test_threads_take_turns_at_a_lock(store: Store) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with store.lock(key_of(1)):
            inside += 1
            most = max(most, inside)
            time.sleep(0.02)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_what_killed_writers_left_is_swept(store: Store) -> None:
    store.put(key_of(0), artefact_of(0))
    drafts = store.root / "tmp"
    host = os.uname().nodename
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for name in (f"{host}-{dead.pid}-a", f"{host}-{os.getpid()}-a", "elsewhere-1-a"):
        (drafts / name).mkdir()
    old = drafts / "elsewhere-1-b"
    old.mkdir()
    long_ago = time.time() - store_size.STALE_SECONDS - 1
    os.utime(old, (long_ago, long_ago))
    assert store.sweep() == 2
    left = {folder.name for folder in drafts.iterdir()}
    assert left == {f"{host}-{os.getpid()}-a", "elsewhere-1-a"}


def test_a_full_disk_is_one_clear_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match=r"disk is full.*PELLUCID_HOME"):
        store.put(key_of(0), artefact_of(0))
    monkeypatch.undo()
    assert store.get(key_of(0)) is None
    assert list((store.root / "tmp").iterdir()) == []
    assert store.stats().entries == 0


def test_a_file_size_limit_leaves_no_partial_entry(store: Store) -> None:
    text, _ = spawn("put", store).communicate(timeout=60)
    assert text.startswith("StoreError: Cannot write the store")
    assert store.stats().entries == 0
    assert list((store.root / "tmp").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file is in the way")
    store = Store(tmp_path / "home", GIB)
    with pytest.raises(StoreError, match="set PELLUCID_HOME"):
        store.put(key_of(0), artefact_of(0))
    with pytest.raises(StoreError, match="set PELLUCID_HOME"), store.lock(key_of(0)):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_one_clear_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="Permission denied"):
        Store(tmp_path / "home", GIB).put(key_of(0), artefact_of(0))


def test_a_folder_deleted_meanwhile_is_made_again(store: Store) -> None:
    store.put(key_of(0), artefact_of(0))
    shutil.rmtree(store.root)
    assert store.get(key_of(0)) is None
    store.put(key_of(0), artefact_of(0))
    assert store.get(key_of(0)) is not None


def test_a_store_that_was_never_written_is_empty_and_stays_unmade(store: Store) -> None:
    assert store.get(key_of(0)) is None
    assert store.entries() == []
    assert store.stats().entries == 0
    assert store.sweep() == 0
    assert not store.root.exists()


# ---- what heals


def test_no_byte_of_a_manifest_can_change_unseen(store: Store) -> None:
    store.put(key_of(0), artefact_of(0))
    path = entry_folder(store, key_of(0)) / "manifest.json"
    whole = path.read_bytes()
    for place in range(len(whole)):
        for bit in (1, 4):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
            with pytest.raises(store_entry.Damaged):
                store_entry.read_entry(path.parent, key_of(0))
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        with pytest.raises(store_entry.Damaged):
            store_entry.read_manifest(path.parent)
    path.write_bytes(whole)
    assert store.get(key_of(0)) is not None


def unsigned(store: Store, key: str, **fields: object) -> None:
    """Turn an entry into one of before, whose manifest had no checksum of itself."""
    path = entry_folder(store, key) / "manifest.json"
    manifest = json.loads(path.read_bytes())
    del manifest["sha256"]
    path.write_text(json.dumps({**manifest, "format": 1, **fields}))


def test_an_entry_of_before_is_still_read(store: Store) -> None:
    store.put(key_of(0), artefact_of(0), kind="old")
    unsigned(store, key_of(0))
    found = store.get(key_of(0))
    assert found is not None
    assert is_whole(0, found)
    assert [entry.kind for entry in store.entries()] == ["old"]


@pytest.mark.parametrize("created", ["yesterday", None, float("nan"), float("inf"), [], 10**400])
def test_an_age_that_is_no_number_is_set_aside_and_nothing_else(
    store: Store, created: object, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        store.put(key_of(number), artefact_of(number))
    unsigned(store, key_of(1), created=created)
    assert {entry.key for entry in store.entries()} == {key_of(0), key_of(2)}
    assert [damage.key for damage in store.damage] == [key_of(1)]
    assert f"{key_of(1)} is damaged" in caplog.text
    assert not store.get_or_compute(key_of(1), lambda: artefact_of(1))[1]
    assert len(store.entries()) == 3


@pytest.mark.parametrize("size", ["big", None, -1, float("nan"), {}])
def test_a_size_that_is_none_is_set_aside(store: Store, size: object) -> None:
    store.put(key_of(0), artefact_of(0))
    path = entry_folder(store, key_of(0)) / "manifest.json"
    files = json.loads(path.read_bytes())["files"]
    files["arrays.npz"]["bytes"] = size
    unsigned(store, key_of(0), files=files)
    assert store.get(key_of(0)) is None
    assert store.damaged_count == 1


FOLDER_FOR_FILE = [
    "usage", "store/KK/KEY/document.json", "store/KK/KEY/arrays.npz", "store/KK/KEY/manifest.json",
    "locks/KEY.lock", "locks/usage.lock",
]  # fmt: skip
FILE_FOR_FOLDER = ["store", "tmp", "trash", "locks", "damaged", "store/KK", "store/KK/KEY"]
STRANGERS = b"somebody's"


def replace_by_a_stranger(path: Path, *, folder: bool) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    if folder:
        path.mkdir(parents=True)
        path = path / "precious"
    path.write_bytes(STRANGERS)


@pytest.mark.parametrize("same", [False, True], ids=["next process", "same process"])
@pytest.mark.parametrize("place", [*FOLDER_FOR_FILE, *FILE_FOR_FOLDER])
def test_what_lies_in_the_place_of_something_else_is_set_aside(
    store: Store, place: str, same: bool, caplog: pytest.LogCaptureFixture
) -> None:
    key = key_of(0)
    for number in (0, 1):
        store.put(key_of(number), artefact_of(number))
    path = store.root / place.replace("KEY", key).replace("KK", key[:2])
    replace_by_a_stranger(path, folder=place in FOLDER_FOR_FILE)
    store = store if same else Store(store.root, store.max_bytes)
    if place == "damaged":
        store.set_aside(key_of(1), "for the test")
    for number in range(4):
        found, _ = store.get_or_compute(key_of(number), lambda number=number: artefact_of(number))
        assert is_whole(number, found)
    if place == "locks/KEY.lock":
        with store.lock(key):
            pass
    assert {entry.key for entry in store.entries()} == {key_of(number) for number in range(4)}
    kept = [path for path in store.root.rglob("*") if path.is_file()]
    assert [path for path in kept if path.read_bytes() == STRANGERS], "nothing is lost"
    assert "set aside in" in caplog.text
    assert store.clear() == 4


@pytest.mark.parametrize("account", ["-1", "-99999999999", "nonsense", "", "1e3", "9" * 5000])
def test_an_account_that_cannot_be_true_is_counted_anew(
    tmp_path: Path, account: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(tmp_path, GIB)
    for number in range(3):
        store.put(key_of(number), artefact_of(number))
    (tmp_path / "usage").write_text(account)
    store.put(key_of(3), artefact_of(3))
    assert int((tmp_path / "usage").read_text()) == store.stats().bytes
    assert "counted anew" in caplog.text
    assert len(store.entries()) == 4


def test_locks_of_dead_processes_are_swept_and_those_of_living_ones_stay(store: Store) -> None:
    store.put(key_of(0), artefact_of(0))
    dead, living = spawn("hold", store), spawn("hold", store, "2")
    for holder in (dead, living):
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
    dead.kill()
    dead.communicate()
    rooms = [store.root / room for room in ("datasets", "slices", "looks/table")]
    for room in rooms:
        room.mkdir(parents=True)
        (room / "left.lock").touch()
    locks = store.root / "locks"
    assert {path.stem for path in locks.iterdir()} == {key_of(1), key_of(2)}
    Store(store.root, GIB).put(key_of(3), artefact_of(3))  # the first write of a process sweeps
    assert {path.stem for path in locks.iterdir()} == {key_of(2)}
    assert not any(list(room.iterdir()) for room in rooms)

    def give_up() -> None:
        raise Cancelled("it is held")

    with pytest.raises(Cancelled), store.lock(key_of(2), check=give_up):
        pass
    living.kill()
    living.communicate()


def test_strange_names_among_drafts_are_no_numbers(store: Store) -> None:
    store.put(key_of(0), artefact_of(0))
    host = os.uname().nodename
    for name in (f"{host}-²-a", f"{host}-{'9' * 30}-a", "-", "x"):
        (store.root / "tmp" / name).mkdir()
    (store.root / "tmp" / "file").touch()
    assert store.sweep() == 1, "no process has that number"

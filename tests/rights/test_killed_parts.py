"""A process is killed between any two writes of a request of which a part is withheld: another goes on, and all is done once.

Each kill is a SIGKILL of a process of its own, which leaves no handle, no lock and no word behind.
"""

import json
import os
import shutil
import signal
from contextlib import contextmanager
from datetime import date

import pytest
from tests.houses import compiled, house_in, person
from tests.reviewed import FIRST, SECOND
from tests.rights.test_desk import Office
from tests.rights.test_keeping import apply
from tests.rights.test_reviewing import seen, verified
from tests.rights.test_withholding import NEVER_ALONE, WHY, account

from avow.assurance.log_publication import publish
from avow.audit.log import Log
from avow.definitions import RequestKind
from avow.rights import execution
from avow.rights.states import State, Step
from avow.rights.withholding import Wanted
from avow.store.control import Control
from avow.store.files import Files
from avow.store.keys import Vault

ROBIN = "robin@example.com"
PART = Wanted("H2", "job-application", ("letter", "resume"), (), "answer-questions", date(2028, 1, 1), reason=WHY)
HIDDEN = Wanted("H4", "contact-form", ("message",), reason=WHY)
#: Where something becomes durable, besides a transaction of the control store.
WRITES = (
    (Vault, "create_key"),
    (Vault, "destroy"),
    (Vault, "end_kept"),
    (Vault, "destroy_keys"),
    (Files, "put"),
    (Files, "delete"),
)
#: More writes than any of these walks has.
MOST = 200


def in_child(work):
    """Do something in a process of its own; return the signal that ended it, 0 for none."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - the child ends here, whatever it was, and says what
            import traceback  # noqa: PLC0415 - in the child alone

            traceback.print_exc()
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


@contextmanager
def office_in(folder, *, is_new=False):
    """Give the office of an installation in a folder."""
    with house_in(folder) as house:
        if is_new:
            house.publisher.first(compiled(*NEVER_ALONE), house.now_ms())
        yield Office(house, Log(folder / "public", folder / "private", "marrowby.example"), staff_look=False)


def prepared(folder, kind, answer):
    """Have a part named, and the rest approved; decided about already where the answer came before."""
    with office_in(folder, is_new=True) as office:
        account(office, "kim")
        office.house.write(ROBIN)
        if kind is RequestKind.DELETE:
            apply(office)
        case = verified(office, kind)
        wanted = PART if kind is RequestKind.DELETE else HIDDEN
        assert office.reviews.want(case.request_id, wanted, FIRST) is None
        page = seen(office, case)
        assert office.reviews.carry_out(case.request_id, page.digest, FIRST) is None
        if page.needs_two:
            assert office.reviews.agree(case.request_id, page.digest, SECOND) is None
        if answer.endswith("behind"):
            office.walk()
            decide(office, answer)


def goes_on(office):
    """Walk as far as it goes, with what the jobs of the clock do of themselves: purge, and publish what waits for the log."""
    office.house.store.purge(thorough=False, now_ms=office.house.now_ms())
    publish(office.house.store, office.log, 0)
    office.walk()


def decide(office, answer):
    (case,) = office.cases.every()
    number = seen(office, case).parts[0].number
    assert office.reviews.look(case.request_id, number, SECOND, agrees=answer.startswith("agreed")) is None


def kill_at(number):
    """Have this process killed behind a write, which is before the next one."""
    left = [number]

    def count():
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for part, name in WRITES:
        real = getattr(part, name)

        def write(*given, real=real, **named):
            answer = real(*given, **named)
            count()
            return answer

        setattr(part, name, write)
    transaction = Control.transaction

    @contextmanager
    def counted(self):
        with transaction(self) as tx:
            yield tx
        count()

    Control.transaction = counted


def walked(folder, number=None):
    """Walk as far as it goes, killed at a write where one is named."""
    with office_in(folder) as office:
        if number is not None:
            kill_at(number)
        office.walk()


def ended(folder, answer, kind):
    """Walk to the end, deciding where nobody has; say what is left."""
    with office_in(folder) as office:
        goes_on(office)
        (case,) = office.cases.every()
        if case.state is State.DECIDING and not seen(office, case).parts[0].looked_by:
            decide(office, answer)
        goes_on(office)
        (case,) = office.cases.every()
        steps = [entry.step for entry in case.history]
        kept = office.house.store.kept.of([person(ROBIN)])
        said = {
            "state": case.state,
            "outcome": case.answer["outcome"],
            "once": [steps.count(one) for one in (Step.PLANNED, Step.REST_WRITTEN, Step.ANSWER_WRITTEN, Step.RESPONDED)],
            "letters": len([one for one in office.cases.messages(case.request_id) if one.kind == "answer"]),
            "kept": [sorted({*one.fields, *(file.item for file in one.files)}) for one in kept],
            "opens": [office.house.store.kept.open_file(one, file) == b"what I did" for one in kept for file in one.files],
            "held": len(office.house.store.find([person(ROBIN)]).submissions),
            "keys": len(office.house.store.vault.names("kept")),
            "files": len(office.house.store.files.names("kept-")),
            "targets": sorted(one["target"] for one in execution.outcomes_of(case)),
        }
        (folder / "said.json").write_text(json.dumps(said))


@pytest.mark.parametrize("kind", [RequestKind.DELETE, RequestKind.KNOW])
@pytest.mark.parametrize("answer", ["agreed behind", "refused behind", "refused later"])
def test_a_killed_walk_goes_on_and_does_everything_once(tmp_path, kind, answer):
    """Killed behind every write of the walk to the first letter, or of the one from the decision to the second."""
    base = tmp_path / "base"
    base.mkdir()
    in_child(lambda: prepared(base, kind, answer))
    whole = shutil.copytree(base, tmp_path / "whole")
    in_child(lambda: ended(whole, answer, kind))
    wanted = json.loads((whole / "said.json").read_text())
    assert wanted["state"] == "closed"
    assert wanted["once"] == [1, 1, 1, 1]
    assert (wanted["kept"] == [["letter", "resume"]]) is (kind is RequestKind.DELETE and answer.startswith("agreed"))
    for number in range(MOST):
        folder = shutil.copytree(base, tmp_path / str(number))
        killed = in_child(lambda folder=folder, number=number: walked(folder, number))
        in_child(lambda folder=folder: ended(folder, answer, kind))
        assert json.loads((folder / "said.json").read_text()) == wanted, number
        shutil.rmtree(folder)
        if not killed:
            break
    assert 6 < number < MOST - 1

"""What a platform has acknowledged and must keep, whatever becomes of its process; and what it was asked for and did not answer,
which it may have kept: whole, or not at all. Facts have names, tuples that begin with their kind, and values; None: there is no
such thing."""
import collections
import itertools
import threading


class Anything:
    """The value of something that is not known before the answer."""

    def __eq__(self, other):
        return other is not None

    def __repr__(self):
        return "something"


ANYTHING = Anything()


class Ledger:
    """Used by many threads at once; two of them never change the same fact."""

    def __init__(self):
        self.facts, self.begun, self.counts = {}, {}, collections.Counter()
        self.lock, self.numbers, self.first = threading.Lock(), itertools.count(), threading.Event()

    def change(self, what, wanted, ask, known=None):
        """Ask for a change that makes these facts; what is only known by the answer (an id, a secret) `known` makes of it.
        `ask` raises when there is no answer."""
        with self.lock:
            number = next(self.numbers)
            self.begun[number] = wanted
        answer = ask()
        with self.lock:
            del self.begun[number]
            self.facts.update(known(answer) if known else wanted)
            self.counts[what] += 1
        self.first.set()
        return answer

    def compare(self, read):
        """What is wrong with what was read back: [(kind, sentence)]. Afterwards what was read is what counts."""
        problems = list(self._strangers(read))
        for name in self.facts.keys() | read.keys():
            may = [self.facts.get(name)] + [wanted[name] for wanted in self.begun.values() if name in wanted]
            if read.get(name) not in may:
                problems.append((name[0], "%s is %r and must be %s" % (name, read.get(name), " or ".join(map(repr, may)))))
        for wanted in self.begun.values():
            made = [read.get(name) == value for name, value in wanted.items()]
            if any(made) and not all(made):
                problems.append(("half", "half of %r was made" % wanted))
        self.facts, self.begun = dict(read), {}
        self.first.clear()
        return problems

    def _strangers(self, read):
        """Invitations whose secret nobody was told: as many as were asked for without an answer may be there."""
        strangers = [name for name in read if name[0] == "invitation" and name not in self.facts]
        asked = sum(name[0] == "invitation" and value is not None for wanted in self.begun.values() for name, value in wanted.items())
        self.facts.update({name: read[name] for name in strangers})
        if len(strangers) > asked:
            yield "invitation", "%d invitations are there that nobody asked for" % (len(strangers) - asked)

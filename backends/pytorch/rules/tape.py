"""Helpers that leave Python out of an optimised network: its calls of torch are noted once, then made again alone."""

from __future__ import annotations

from archspec.backends.pytorch.rules.base import Helper

TENSORS_IN = Helper(
    "tensors_in",
    '''\
def tensors_in(value):
    """The tensors among what a function is given, or gives."""
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, (list, tuple)):
        return [x for part in value for x in tensors_in(part)]
    return [value] if isinstance(value, torch.Tensor) else []
''',
)

TAPE = Helper(
    "Tape",
    '''\
class Tape(torch.overrides.TorchFunctionMode):
    """The calls of torch that a network makes, to make them again for other inputs.

    What follows from weights alone is computed while they are noted, and not again.
    """

    FACTS = ("__get__", "__len__", "dim", "is_contiguous", "numel", "size", "stride")
    thread = threading.local()

    def __init__(self):
        super().__init__()
        self.complete = True  # unless the network asks which numbers are in a tensor
        self.values = []  # by number: constants, and room for what is computed
        self.steps = []  # function, numbers of arguments, words, number of the result
        self.known = {}  # by identity: a tensor that is computed, and its number

    @classmethod
    def running(cls):
        return getattr(cls.thread, "running", False)

    def record(self, network, inputs):
        """What the network gives for images that lie channels last, its calls noted."""
        for x in inputs:
            self.know(x, self.place())
        with torch.no_grad(), self:
            lie = {"memory_format": torch.channels_last}
            inputs = [x.contiguous(**lie) if x.dim() == 4 else x for x in inputs]
            self.thread.running = True
            try:
                result = network(*inputs)
            finally:
                self.thread.running = False
        self.result = self.number(result)
        self.known.clear()
        needed, computed = {self.result}, {made for *_, made in self.steps}
        for at, step in reversed([*enumerate(self.steps)]):
            last = computed.intersection([*step[1], step[-1]]) - needed
            self.steps[at] = *step, [*last]
            needed |= last
        return result

    def play(self, inputs):
        """What the network gives for other inputs."""
        values = self.values.copy()
        values[: len(inputs)] = inputs
        for function, numbers, words, made, last in self.steps:
            values[made] = function(*[values[one] for one in numbers], **words)
            for one in last:
                values[one] = None
        return values[self.result]

    def __torch_function__(self, function, types, args=(), kwargs=None):
        words = kwargs or {}
        result = function(*args, **words)
        if function is torch.Tensor.contiguous and result is args[0]:
            return result
        if result is not None and not tensors_in(result):
            self.complete &= function.__name__ in self.FACTS or not self.depends(args)
        elif self.depends(args) or not tensors_in(args):
            self.complete &= not self.depends(words)
            numbers = [self.number(value) for value in args]
            made = self.step(function, numbers, words, self.computed(result))
            self.know(result, made)
        return result

    def step(self, function, numbers, words=None, made=None):
        """Notes a call, and gives the number of its result."""
        made = self.place() if made is None else made
        self.steps.append((function, numbers, words or {}, made))
        return made

    def place(self, constant=None):
        self.values.append(constant)
        return len(self.values) - 1

    def know(self, result, number):
        if isinstance(result, torch.Tensor):
            self.known[id(result)] = weakref.ref(result), number
        elif isinstance(result, (list, tuple)):
            for at, part in enumerate(result):
                one = self.step(lambda parts, at=at: parts[at], [number])
                self.know(part, one)

    def computed(self, x):
        """The number of a tensor that depends on the inputs, else None."""
        found, number = self.known.get(id(x), (None, None))
        return number if found is not None and found() is x else None

    def depends(self, value):
        return any(self.computed(x) is not None for x in tensors_in(value))

    def number(self, value):
        """Where to find an argument: a constant, or what is computed."""
        if not self.depends(value):
            return self.place(value)
        if isinstance(value, torch.Tensor):
            return self.computed(value)
        if isinstance(value, dict):
            numbers = [self.number(part) for part in value.values()]
            return self.step(lambda *xs: dict(zip(value, xs, strict=True)), numbers)
        return self.step(lambda *xs: xs, [self.number(part) for part in value])
''',
    ("threading", "weakref"),
)

REPLAYED = Helper(
    "Replayed",
    '''\
class Replayed(nn.Module):
    """Network that on a CPU plays the calls of torch that it made for inputs alike.

    What its forward does besides is done the first time alone. In training, where a
    gradient is wanted, a layer has a hook or is not of this file or torch, elsewhere
    than on a CPU, and while torch traces, it is called as any other network is. Its
    names are private, for a network has layers of any name.
    """

    __kinds = 4  # of inputs that it has a tape for
    __nothing = None, None, ()  # tapes, what they are made for, and what that holds

    def __init_subclass__(cls, portion=None):
        """`portion`: samples at a time, for what stays in the cache."""
        super().__init_subclass__()
        cls.__portion = portion

    def __init__(self, *parts):
        super().__init__(*parts)
        self.__noted = self.__nothing

    def __call__(self, *inputs, **named):
        state = None if named else self.__state(inputs)
        if state is None:
            return super().__call__(*inputs, **named)
        portion = self.__portion
        if portion is not None and len(inputs[0]) > portion:
            return torch.cat([self(part) for part in inputs[0].split(portion)])
        if self.__noted[1] != state:
            # What is held keeps its place in memory, where nothing new can be then.
            held = [x.detach() for x in (*self.parameters(), *self.buffers())]
            self.__noted = {}, state, held
        tapes = self.__noted[0]
        shapes = [(x.shape, x.stride(), x.dtype) for x in inputs]
        kind = torch.get_num_threads(), *shapes
        tape = tapes.get(kind)
        if tape is None:
            return self.__record(tapes, kind, inputs)
        return tape.play(inputs) if tape.complete else super().__call__(*inputs)

    def __record(self, tapes, kind, inputs):
        # The C library keeps what is freed if something as large was freed before.
        torch.empty(2**25 - 2**13, dtype=torch.uint8)
        tape = Tape()
        result = tape.record(super().__call__, [x.detach() for x in inputs])
        homes = {type(module).__module__ for module in self.modules()} - {__name__}
        tape.complete &= all(home.startswith("torch.nn.") for home in homes)
        for old in [*tapes][: 1 - self.__kinds]:
            del tapes[old]
        tapes[kind] = tape
        return result

    def __state(self, inputs):
        """What tapes are made for: layers and weights. None if none can be played."""
        if (
            torch.compiler.is_compiling()
            or torch.jit.is_tracing()
            or torch._C._are_functorch_transforms_active()
            or torch.is_autocast_enabled("cpu")
            or nn.modules.module._global_forward_hooks
            or nn.modules.module._global_forward_pre_hooks
            or any(type(x) is not torch.Tensor or not x.is_cpu for x in inputs)
        ):
            return None
        modules, weights = [self], []
        for module in modules:
            own = vars(module)  # asked at each call, so in the shortest way
            if own["training"] or own["_forward_hooks"] or own["_forward_pre_hooks"]:
                return None
            if own["_modules"]:
                modules += [one for one in own["_modules"].values() if one is not None]
            if own["_parameters"]:
                weights += own["_parameters"].values()
            if own["_buffers"]:
                weights += own["_buffers"].values()
        weights = [one for one in weights if one is not None]
        given = [*inputs, *weights] if torch.is_grad_enabled() else []
        if any(one.requires_grad for one in given):
            return None
        try:
            versions = [one._version for one in weights]
        except RuntimeError:  # made in inference mode: nobody counts what is written
            return None
        return modules, [*map(torch.Tensor.data_ptr, weights)], versions

    def __getstate__(self):
        return {**vars(self), "_Replayed__noted": self.__nothing}
''',
)

"""Pages of the language: the structure of a spec (A020 to A021), its elaboration (A03), its figures (A04).

A snippet is a whole spec, some of its keys, or some steps of a graph that reads an image of shape [3, 32, 32].
"""

from __future__ import annotations

from archspec.text.explanation import Explanation

STRUCTURE = {
    "A0201": Explanation(
        "an unknown key",
        "A key that nobody reads is a misspelt one or a wrong guess, so none is ignored. The message lists the keys "
        "that may stand there, or the one that is meant.",
        "- conv1: conv(16, 3)\n- do: relu\n  form: conv1",
        "- conv1: conv(16, 3)\n- do: relu\n  from: conv1",
    ),
    "A0202": Explanation(
        "a key is missing",
        "A spec has `archspec`, `name`, `inputs` and `graph`; a `repeat` has `times`; a body has steps or branches.",
        "- {repeat: relu}",
        "- {repeat: relu, times: 2}",
    ),
    "A0203": Explanation(
        "the wrong kind of value",
        "Each key takes one kind of value: text, a number, a list or a mapping. Nothing is converted, because a title "
        "such as 2017 or a name such as `true` would change on the way.",
        "title: 2017\ngraph: [relu]",
        'title: "2017"\ngraph: [relu]',
    ),
    "A0204": Explanation(
        "a name that cannot be used",
        "Names of steps become attributes of a PyTorch module and keys of its state dict. So they are ASCII "
        "identifiers, and none that Python, `nn.Module` or the language uses itself.",
        "- forward: conv(16, 3)",
        "- forward_: conv(16, 3)",
    ),
    "A0205": Explanation(
        "two things where one can be",
        "Two ways of saying one thing stand side by side, or one name stands for two things: a module is called like "
        "an op, a param like an input, a step is both a `repeat` and a `do`.",
        "modules:\n  relu: [gelu]\ngraph: [relu]",
        "modules:\n  act: [gelu]\ngraph: [act]",
    ),
    "A0206": Explanation(
        "another version of the language",
        "`archspec: 1` says which language a file is written in. A build reads the versions it knows and guesses "
        "nothing about others.",
        "archspec: 2\nname: net\ninputs: {image: [3, 32, 32]}\ngraph: [relu]",
        "archspec: 1\nname: net\ninputs: {image: [3, 32, 32]}\ngraph: [relu]",
    ),
    "A0207": Explanation(
        "a param is not declared well",
        "A param is a default, whose kind is its type, or `{type: int, default: 1, min: 1, choices: [1, 2]}`. "
        "`min` and `max` bound numbers.",
        "params: {width: null}\ngraph: [conv(width)]",
        "params: {width: 16}\ngraph: [conv(width)]",
    ),
    "A0208": Explanation(
        "a step that cannot be read",
        "A step is `name: expression`, an expression, or a mapping with one of the structure words. An unnamed step "
        "with words beside it is written `do: expression`.",
        "- conv1: conv(16, 3)\n  relu1: relu",
        "- conv1: conv(16, 3)\n- relu1: relu",
    ),
    "A0209": Explanation(
        "not a figure",
        "`expect` takes exact numbers, rounded ones with a suffix (`2.83G`; K M G T are powers of 1000), powers "
        '(`2**58`) and budgets (`"<= 1.5G"`).',
        "graph: [relu]\nexpect: {mads: 0 FLOPs}",
        "graph: [relu]\nexpect: {mads: 0}",
    ),
    "A0210": Explanation(
        "no such variant",
        "`FILE@name` asks for an entry of `variants` in that file. The message lists those that there are.",
    ),
    "A0211": Explanation(
        "a file that cannot be used",
        "`extends`, `use` and `{file: …}` name a file relative to the one they stand in, or a spec of the library. "
        "Absolute paths would tie a spec to one machine, and files cannot reach themselves.",
        "use: [/etc/blocks.yaml]\ngraph: [relu]",
        "modules:\n  backbone: {file: lenet5_modern}\ninputs: {image: [1, 32, 32]}\ngraph: [backbone]",
    ),
    "A0212": Explanation(
        "a loop that cannot be read",
        "A loop is `for: name in list`, or `for: a, b in table` to unpack the rows of a table.",
        "- for: w\n  do:\n    - conv(16, 3)",
        "- for: w in [16, 32]\n  do:\n    - conv(w, 3)",
    ),
    "A0213": Explanation(
        "a wiring that cannot be read",
        "`wire` is chain, residual, dense, parallel or last(n); `join` belongs to parallel copies alone, because the "
        "others say themselves how they are joined.",
        "- {repeat: relu, times: 2, wire: last}",
        "- {repeat: relu, times: 2, wire: last(2)}",
    ),
    "A0215": Explanation(
        "a word that is not one of the choices",
        "Some keys take one of a few words: `wire`, `join`, `only`, `dtype`, the types of params.",
        "- {repeat: relu, times: 2, wire: residul}",
        "- {repeat: relu, times: 2, wire: residual}",
    ),
}

ELABORATION = {
    "A0301": Explanation(
        "tensors of different shapes are added",
        "Both sides of `+` have the same shape; nothing is broadcast along channels. In a residual block this means "
        "that the shortcut needs a projection where the shape changes.",
        "- a: conv(16, 3, padding=1)\n- b: conv(32, 3, padding=1)\n- a + b",
        "- a: conv(16, 3, padding=1)\n- b: conv(16, 3, padding=1)\n- a + b",
    ),
    "A0302": Explanation(
        "an unknown name",
        "Numbers are looked up in loop variables, the params of the module, the params of the file, and the sizes of "
        "nodes; nodes in the body of the step and the bodies around it, within the module.",
        "params: {width: 16}\ngraph:\n  - conv(widht, 3)",
        "params: {width: 16}\ngraph:\n  - conv(width, 3)",
    ),
    "A0303": Explanation(
        "no such op or module",
        "A whole step, and each stage of a pipe, names an op, a module of the file, or a param of type `op`. "
        "`archspec ops` lists the ops.",
        "- BatchNorm2d",
        "- batch_norm",
    ),
    "A0304": Explanation(
        "an unknown argument",
        "Arguments have the names that `archspec ops NAME` shows, or those of a module's `params`.",
        "- conv(16, 3, strides=2)",
        "- conv(16, 3, stride=2)",
    ),
    "A0305": Explanation(
        "an argument is missing",
        "An argument without a default must be given: the number of output channels of a conv, a param declared "
        "`width: int`.",
        "- conv(kernel=3)",
        "- conv(16, kernel=3)",
    ),
    "A0306": Explanation(
        "a value that the argument cannot take",
        'Numbers are strict: text such as `"8"`, a fraction such as `8 / 2` and true are no whole numbers. Truth '
        "values are `true` and `false`; `no` is a word.",
        "- conv(16, 3, bias=no)",
        "- conv(16, 3, bias=false)",
    ),
    "A0307": Explanation(
        "too many arguments",
        "An argument is given once, by its place or by its name.",
        "- conv(16, 3, kernel=3)",
        "- conv(16, kernel=3)",
    ),
    "A0308": Explanation(
        "the input does not fit",
        "Every op says what shapes it takes. Most often a network has shrunk its image further than a kernel allows, "
        "or a layer for vectors reads an image.",
        "- conv(16, 40)",
        "- conv(16, 40, padding=half)",
    ),
    "A0309": Explanation(
        "inputs that do not fit each other",
        "`concat` needs equal sizes along every axis but its own; `*`, `gate` and `lerp` need sizes that are equal "
        "or 1.",
        "- a: conv(16, 3)\n- b: conv(16, 3)\n- concat(a, b)",
        "- a: conv(16, 3)\n- b: conv(16, 3, padding=1)\n- concat(a, b)",
    ),
    "A0310": Explanation(
        "nodes and numbers in the wrong place",
        "A call whose arguments are nodes applies (`concat(x, y)`); any other constructs (`conv(64, 3)`) and reads the "
        "step before, or what a second call gives it (`conv(64, 3)(x)`). The two never mix in one call.",
        "- a: relu\n- conv(a, 16)",
        "- a: relu\n- conv(16)(a)",
    ),
    "A0311": Explanation(
        "the wrong number of inputs",
        "An op or a module reads as many nodes as it has inputs. A step that gives several values is no single node: "
        "`both[0]`, or a name for each (`a, b: chunk(2)`).",
        "- both: split([1, 2])\n- relu(both)",
        "- both: split([1, 2])\n- relu(both[0]) + conv(1, 1)(both[1])",
    ),
    "A0312": Explanation(
        "an op where a node is read",
        "Operands of `+` and `*`, arguments of an applying call, `from` and `out` name nodes, which are steps. "
        "An op there has not been applied to anything.",
        "- a: conv(3, 1)\n- a + relu",
        "- a: conv(3, 1)\n- a + relu(a)",
    ),
    "A0313": Explanation(
        "a node where an op is named",
        "A whole step names an op or a module. A step that only passes a node on is `identity(node)`.",
        "- a: conv(3, 1)\n- b: relu\n- a",
        "- a: conv(3, 1)\n- b: relu(a)",
    ),
    "A0314": Explanation(
        "a node that stands later",
        "Steps run from top to bottom, so a step reads only what stands before it. A network has no cycles.",
        "- a: relu\n- a + b\n- b: gelu",
        "- a: relu\n- b: gelu\n- a + b",
    ),
    "A0315": Explanation(
        "a name is taken",
        "Names of steps are keys of the state dict, so two steps of one body cannot share one; and a name that were "
        "both a param and a node would be read by chance.",
        "- for: w in [16, 32]\n  do:\n    - layer: conv(w, 3)",
        "- for: w in [16, 32]\n  do:\n    - layer${i}: conv(w, 3)",
    ),
    "A0316": Explanation(
        "modules inside modules without end",
        "A module may call itself if that ends, by a `when` that becomes false. `--limit nesting=N` raises the bound.",
        "modules:\n  tower:\n    params: {height: int}\n    steps:\n      - tower(height - 1)\ngraph:\n  - tower(3)",
        "modules:\n  tower:\n    params: {height: int}\n    steps:\n      - relu\n      - do: tower(height - 1)\n"
        "        when: height > 1\ngraph:\n  - tower(3)",
    ),
    "A0317": Explanation(
        "a network beyond the bounds",
        "The number of nodes and the size of a tensor are bounded, so that a short file cannot exhaust memory. The "
        "message names the bound; `--limit NAME=N` raises it.",
        "- {repeat: relu, times: 10 ** 9}",
        "- {repeat: relu, times: 10}",
    ),
    "A0318": Explanation(
        "the wrong kind of number",
        "A number of copies and a size are whole numbers, a condition is true or false, and a loop runs over a list.",
        "params: {layers: 4}\ngraph:\n  - for: n in layers\n    do: [relu]",
        "params: {layers: 4}\ngraph:\n  - for: n in range(layers)\n    do: [relu]",
    ),
    "A0319": Explanation(
        "names and values that do not match",
        "`for: a, b in table` needs two values in each row; `q, k, v: chunk(3)` three names for three outputs.",
        "- for: w, k in [[16, 3], [32]]\n  do:\n    - conv(w, k)",
        "- for: w, k in [[16, 3], [32, 1]]\n  do:\n    - conv(w, k)",
    ),
    "A0320": Explanation(
        "shared weights of two shapes",
        "A shared instance has one set of weights. It may be applied to inputs of different sizes, if the weights fit "
        "them all.",
        "shared:\n  enc: conv(16, 3)\nsteps:\n  - a: enc(image)\n  - enc(a)",
        "shared:\n  enc: conv(3, 3)\nsteps:\n  - a: enc(image)\n  - enc(a)",
    ),
    "A0321": Explanation(
        "a tie that does not hold",
        "`tie` says that a weight of a step is the weight of another. Both exist, and they have one shape.",
        "- a: conv(3, 3)\n- do: conv(3, 1)\n  tie: {weight: a.weight}",
        "- a: conv(3, 3)\n- do: conv(3, 3)\n  tie: {weight: a.weight}",
    ),
    "A0322": Explanation(
        "a step of one mode changes the shape",
        "A step that exists only in training or only in inference stands for its input in the other mode, so it keeps "
        "the shape. A side output for training is one of `heads`.",
        "- do: conv(16)\n  only: training",
        "- do: dropout(0.5)\n  only: training",
    ),
    "A0323": Explanation(
        "something that cannot be inlined",
        "`inline: true` puts the steps of a module of the spec where it is called, without a level in the keys. An op "
        "has no steps.",
        "- {do: relu, inline: true}",
        "modules:\n  act: [relu]\ngraph:\n  - {do: act, inline: true}",
    ),
    "A0324": Explanation(
        "a param that cannot have this value",
        "A value given by a call, by a variant or by `--set` has the type of the param and lies within its bounds and "
        "choices.",
        "modules:\n  unit:\n    params: {width: int}\n    steps:\n      - conv(width)\ngraph:\n  - unit(16 / 2)",
        "modules:\n  unit:\n    params: {width: int}\n    steps:\n      - conv(width)\ngraph:\n  - unit(16 // 2)",
    ),
    "A0330": Explanation(
        "an unused module (a warning)",
        "Nothing that the graph leads to names this module. `--strict` makes warnings errors.",
        "modules:\n  unit: [gelu]\ngraph: [relu]",
        "modules:\n  unit: [gelu]\ngraph: [unit]",
    ),
    "A0331": Explanation(
        "an unused param (a warning)",
        "Nothing reads this param, so setting it changes nothing. `--strict` makes warnings errors.",
        "params: {width: 16}\ngraph:\n  - conv(8)",
        "params: {width: 16}\ngraph:\n  - conv(width)",
    ),
    "A0332": Explanation(
        "a dead node (a warning)",
        "A value that reaches no output costs time and means that a step reads something else than its author "
        "thought. `--strict` makes warnings errors.",
        "- a: conv(16)\n- b: conv(16)(image)",
        "- a: conv(16)\n- b: conv(16)(image)\n- a + b",
    ),
}

FIGURES = {
    "A0401": Explanation(
        "an expectation is not met",
        "The network is not the one that `expect` describes. A rounded figure allows half a unit of its last digit. "
        "Where params were changed with `--set`, only its budgets are held against the network.",
        "graph:\n  - conv(16, 3)\nexpect: {params: 432}",
        "graph:\n  - conv(16, 3, bias=false)\nexpect: {params: 432}",
    ),
    "A0402": Explanation(
        "a chart needs a figure that the spec does not state",
        "An error rate or a year is not computed but stated: `error: {top1: …}` and `source: {year: …}`.",
    ),
}

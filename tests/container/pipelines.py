"""Pipelines for the simulator whose runs end within seconds."""

# Orders to GitHub's runner, to GitLab's log and to terminals. act obeys the first five where they stand for themselves.
ATTACKS = [
    "::set-output name=pipelineRunId::666",
    "##[set-output name=status]success",
    "::error title=forged::forged",
    "##[error]forged",
    "::add-mask::failed",
    "\x1b[0Ksection_start:1700000000:forged\r\x1b[0Kforged",
    "</pre></details><h1>forged</h1>",
]

# What a failed job says at last. It stays as it is, on a page and in an annotation.
LAST_LINE = "3 of 214 tests failed: 用户登录 & 100% of 注销"

COMPILING = {"name": "构建", "jobs": [{"name": "编译", "duration": 1000, "log": [{"text": "mvn package"}]}]}
LOG = [{"text": text} for text in [*ATTACKS, LAST_LINE]]
TESTING = {"name": "测试", "jobs": [{"name": "单元测试", "duration": 2000, "result": "FAIL", "log": LOG}]}

# One that goes on until it is stopped, however long a busy machine takes for that.
LASTS = {"queue": 500, "stages": [{"name": "构建", "jobs": [{"name": "编译", "duration": 180_000}]}]}

PASSES = {"queue": 500, "stages": [COMPILING]}
FAILS = {"queue": 500, "stages": [COMPILING, TESTING]}

# One that waits at a manual gate, and one whose failed job succeeds when it is retried.
GATE = {"name": "审批", "jobs": [{"name": "人工卡点", "gate": True}]}
GATED = {"queue": 500, "stages": [COMPILING, GATE, {"name": "发布", "jobs": [{"name": "发布", "duration": 0}]}]}
FAILS_ONCE = {"queue": 500, "stages": [COMPILING, {"name": "测试", "jobs": [{"name": "单元测试", "result": "FAIL"}]}]}

# What is said of a run that fails, as it goes on.
PROGRESS = [
    "构建 > 编译: success (1s) / 成功",
    "测试 > 单元测试: running / 运行中",
    "测试 > 单元测试: failed (2s) / 失败",
]

//! What documents say of outputs, of the words of `status`, and of exit codes; in English and in Chinese.
//! `tests/it/generated_documents_are_current.rs` writes it into them, so that the program does not carry it.

use super::{ExitCode, StatusWord};

/// Each output, in the order in which they are written.
pub const OUTPUTS: [(&str, [&str; 2]); 5] = [
    (
        "pipelineRunId",
        [
            "The run's id: the pipeline's own counter, unique only together with the pipeline.",
            "运行 id：该流水线内递增的序号，与流水线 id 一起才唯一。",
        ],
    ),
    (
        "pipelineRunUrl",
        [
            "The address of the run's page. Empty in a Region edition without `web-url`.",
            "运行的页面地址。Region 版未设置 `web-url` 时为空。",
        ],
    ),
    (
        "requestId",
        [
            "The id of the request that started or stopped the run, or was refused, for Alibaba Cloud's support. Empty if the \
             service gives none.",
            "触发、停止或被拒绝的请求的 id，供阿里云技术支持查询。服务没有给出时为空。",
        ],
    ),
    ("status", ["What became of the run, in one word.", "运行的结果，一个单词。"]),
    (
        "failedJobs",
        [
            "The failed jobs of a run that was followed, as a JSON list of `stage`, `job`, `id` and `status`, 2 KB at most; \
             else `[]`.",
            "跟踪运行时，失败任务的 JSON 列表，含 `stage`、`job`、`id` 和 `status`，最多 2 KB；否则为 `[]`。",
        ],
    ),
];

/// Each word of `status`.
pub const STATUS_WORDS: [(StatusWord, [&str; 2]); 8] = [
    (StatusWord::Started, ["started, and not known to have ended", "已触发，尚不知道是否结束"]),
    (StatusWord::Success, ["succeeded", "成功"]),
    (StatusWord::Failed, ["failed, or is not of the commit that was asked for", "失败，或构建的不是指定的提交"]),
    (StatusWord::Canceled, ["canceled or skipped, or its stop was accepted", "被取消或跳过，或停止请求已被接受"]),
    (StatusWord::Timeout, ["took longer than `queue-timeout` or `timeout`", "超过了 `queue-timeout` 或 `timeout`"]),
    (StatusWord::Gate, ["is waiting for approval at a manual gate (人工卡点)", "正在等待人工卡点审批"]),
    (
        StatusWord::Unknown,
        [
            "it is not known whether a run was started or stopped, or how it ended",
            "无法确定是否触发或停止了运行，或运行的结果",
        ],
    ),
    (StatusWord::None, ["nothing was done", "什么都没做"]),
];

const YES: [&str; 2] = ["yes", "可以"];
const LOOK: [&str; 2] = ["look at the run first", "请先查看运行"];
const NEW: [&str; 2] = ["yes: it starts a new run", "可以：会触发新的运行"];

/// Exit codes, what they mean, and whether the step may be run again.
pub const EXIT_CODES: [(&[ExitCode], [&str; 2], [&str; 2]); 12] = [
    (
        &[ExitCode::Good],
        [
            "the run was started; followed, it succeeded, or it waits at a gate and `on-gate` is `succeed`; with `mode: stop` \
             its stop was accepted or it had ended; with `dry-run` no problem was found",
            "已触发运行；跟踪时运行成功，或停在人工卡点且 `on-gate` 为 `succeed`；`mode: stop` 时停止请求被接受或运行已结束；\
             `dry-run` 时未发现问题",
        ],
        ["it starts another run", "会再触发一次运行"],
    ),
    (
        &[ExitCode::RunFailed],
        [
            "the run failed, built another commit than `expect-commit`, or did not show which one",
            "运行失败、构建的不是 `expect-commit` 指定的提交，或没有显示构建的提交",
        ],
        NEW,
    ),
    (
        &[ExitCode::Input],
        [
            "an input is missing or wrong, or the output file can't be opened; no run was started",
            "输入缺失或有误，或输出文件无法打开；没有触发任何运行",
        ],
        YES,
    ),
    (
        &[ExitCode::Credentials],
        [
            "the credentials were refused or lack permission; nothing was changed",
            "凭证被拒绝或权限不足；没有做任何更改",
        ],
        YES,
    ),
    (
        &[ExitCode::NotDone],
        ["the service refused or could not be reached; nothing was changed", "服务拒绝或无法连接；没有做任何更改"],
        YES,
    ),
    (
        &[ExitCode::StartUnknown],
        [
            "the request may have started a run, and none could be identified; the message lists candidates",
            "请求可能已触发运行，但未能识别；错误信息会列出候选",
        ],
        LOOK,
    ),
    (
        &[ExitCode::TimedOut],
        ["the run took longer than `queue-timeout` or `timeout`", "运行超过了 `queue-timeout` 或 `timeout`"],
        LOOK,
    ),
    (&[ExitCode::Canceled], ["the run was canceled or skipped in Yunxiao", "运行在云效侧被取消或跳过"], NEW),
    (
        &[ExitCode::AtGate],
        ["the run is waiting at a manual gate, and `on-gate` is `fail`", "运行停在人工卡点，且 `on-gate` 为 `fail`"],
        LOOK,
    ),
    (
        &[ExitCode::OutputLost],
        ["all went well, but an output could not be written", "其他一切正常，但输出未能写入"],
        ["no: it would start another run", "不可以：会再触发一次运行"],
    ),
    (
        &[ExitCode::LostContact],
        ["lost contact with the run, or its stop is not confirmed", "与运行失去联系，或停止请求未得到确认"],
        ["no; `mode: follow` and `mode: stop`: yes", "不可以；`mode: follow` 和 `mode: stop` 可以"],
    ),
    (
        &[ExitCode::Interrupted, ExitCode::Terminated],
        [
            "canceled by SIGINT or SIGTERM; the message says what is known of the run",
            "被 SIGINT 或 SIGTERM 取消；错误信息会说明运行的情况",
        ],
        LOOK,
    ),
];

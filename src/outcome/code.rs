//! The exit codes, the words of the output `status`, and the outputs: names that are public, with what documents say of each
//! in English and in Chinese. `tests/it/generated_documents_are_current.rs` writes it into them.

/// An enum of which each variant has a value that is public, and what it means.
macro_rules! public {
    ($(#[$about:meta])* $name:ident: $type:ty { $($variant:ident = $value:literal, $($meaning:literal),+;)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($variant,)+ }

        impl $name {
            pub fn value(self) -> $type {
                match self { $(Self::$variant => $value,)+ }
            }

            /// Every value, with what it means.
            pub fn documented() -> Vec<($type, Vec<&'static str>)> {
                vec![$(($value, vec![$($meaning),+]),)+]
            }
        }
    };
}

public! {
    /// What it means in both languages, whether the step may be run again, and what to do.
    ExitCode: u8 {
        Good = 0,
            "the run was started; if followed, it succeeded, or it is waiting at a gate and `on-gate` is `succeed`; \
             with `mode: stop`, the stop was accepted or the run had already ended; with `mode: approve`, `reject` or \
             `retry`, the run shows the change, or none was needed; with `dry-run`, no problems were found",
            "已触发运行；跟踪时运行成功，或停在人工卡点且 `on-gate` 为 `succeed`；`mode: stop` 时停止请求已受理或运行已结束；`mode: approve`、`reject`、`retry` 时已在运行中生效，或无需处理；`dry-run` 时未发现问题",
            "it starts another run; in other modes: yes", "会再触发一次运行；其他模式可以",
            "nothing", "无需处理";
        RunFailed = 1,
            "the run failed; or it built a commit other than `expect-commit`, or didn't show which; or it built a \
             branch or tag other than the one requested; with `mode: approve`, someone rejected the gate",
            "运行失败、构建的不是 `expect-commit` 指定的提交或没有显示构建的提交，或构建的不是指定的分支或标签；\
             `mode: approve` 时卡点已被他人拒绝",
            "yes: it starts a new run", "可以：会触发新的运行",
            "read the last log lines of the failed jobs and fix the cause; if the commit is wrong, sync the mirror \
             (同步代码库)",
            "查看失败任务的最后几行日志并修复；如果是提交不符，请同步代码库";
        Input = 2,
            "an input is missing or wrong, or the output file can't be opened; nothing was started or changed",
            "输入缺失或有误，或输出文件无法打开；没有触发或更改任何运行",
            "yes", "可以",
            "fix the inputs listed in the error", "更正错误信息列出的输入";
        Credentials = 3,
            "the credentials were refused or lack permission; nothing was changed",
            "凭证被拒绝或权限不足；没有做任何更改",
            "yes", "可以",
            "fix the credentials, or grant the permission on the page named in the error",
            "更正凭证，或到错误信息指出的页面授予权限";
        NotDone = 4,
            "the service refused or could not be reached, the gate to reject was already approved, or no failed job \
             can be retried; nothing was changed",
            "服务拒绝或无法连接、要拒绝的卡点已被通过，或没有可重试的失败任务；没有做任何更改",
            "yes", "可以",
            "fix the problem named in the error", "按错误信息处理";
        StartUnknown = 5,
            "the request may have started a run, but it could not be identified (the error lists candidates); or it \
             is unclear whether an earlier run has the `idempotency-key`, and nothing was started",
            "可能已触发运行，但未能识别是哪一个（错误信息会列出候选）；或无法确定此前的运行是否带有该 `idempotency-key`，因此没有触发",
            "check the run first", "请先查看运行",
            "search the pipeline's runs for the marker in the error", "按错误信息，在运行列表中查找标记";
        TimedOut = 6,
            "the run exceeded `queue-timeout`, `timeout` or `gate-timeout`",
            "运行超过了 `queue-timeout`、`timeout` 或 `gate-timeout`",
            "check the run first", "请先查看运行",
            "check the run: it keeps running unless `on-timeout` is `stop`; `mode: follow` resumes waiting",
            "查看运行：除非 `on-timeout` 为 `stop`，它还在继续；可以用 `mode: follow` 接着等";
        Canceled = 7,
            "the run was canceled or skipped in Yunxiao", "运行在云效侧被取消或跳过",
            "yes: it starts a new run", "可以：会触发新的运行",
            "find out who canceled it, or whether a newer run replaced it", "查明是有人取消，还是被更新的运行取代";
        Waiting = 8,
            "the run is waiting for a person: at a manual gate, and `on-gate` is `fail` or a job has failed; or, if \
             `on-gate` isn't `wait`, for a manual job to be started, a paused deployment to be resumed or a merge \
             conflict to be resolved",
            "运行在等待人工处理：停在人工卡点且 `on-gate` 为 `fail`，或已有任务失败；或 `on-gate` 不为 `wait`，且在等待手动执行任务、\
             继续已暂停的部署或解决合并冲突",
            "check the run first", "请先查看运行",
            "do what the error says, in Yunxiao or with `mode: approve` or `mode: reject`; then follow the rest with \
             `mode: follow`",
            "按错误信息处理：在云效中，或用 `mode: approve`、`mode: reject`；后续过程用 `mode: follow` 跟踪";
        OutputLost = 9,
            "everything succeeded, but an output could not be written", "其他一切正常，但输出未能写入",
            "no, it would start another run; with an `idempotency-key` or in other modes: yes",
            "不可以，会再触发一次运行；设置了 `idempotency-key` 或其他模式时可以",
            "get the run id from the log and check the output file", "从日志里取运行 id，并检查输出文件";
        LostContact = 10,
            "lost contact with the run, or could not confirm its stop, approval, rejection or retry",
            "与运行失去联系，或停止、通过、拒绝、重试请求未得到确认",
            "no; in modes other than `start`: yes", "不可以；`start` 以外的模式可以",
            "check the run; `mode: follow` resumes following it", "查看运行；可以用 `mode: follow` 继续跟踪";
        HungUp = 129,
            "cancelled by SIGHUP; the error says what is known about the run", "收到 SIGHUP，步骤已取消；运行的情况见错误信息",
            "check the run first", "请先查看运行",
            "unless the error says that the run was stopped, stop it in Yunxiao or with `mode: stop`",
            "如果错误信息没有说明运行已停止，请在云效中或用 `mode: stop` 停止";
        Interrupted = 130,
            "cancelled by SIGINT; the error says what is known about the run", "收到 SIGINT，步骤已取消；运行的情况见错误信息",
            "check the run first", "请先查看运行",
            "unless the error says that the run was stopped, stop it in Yunxiao or with `mode: stop`",
            "如果错误信息没有说明运行已停止，请在云效中或用 `mode: stop` 停止";
        Quit = 131,
            "cancelled by SIGQUIT; the error says what is known about the run", "收到 SIGQUIT，步骤已取消；运行的情况见错误信息",
            "check the run first", "请先查看运行",
            "unless the error says that the run was stopped, stop it in Yunxiao or with `mode: stop`",
            "如果错误信息没有说明运行已停止，请在云效中或用 `mode: stop` 停止";
        Terminated = 143,
            "cancelled by SIGTERM, or by another signal that would end the process, such as SIGUSR1; the error says which, and \
             what is known about the run",
            "收到 SIGTERM 或其他会终止进程的信号（例如 SIGUSR1），步骤已取消；是哪个信号以及运行的情况见错误信息",
            "check the run first", "请先查看运行",
            "unless the error says that the run was stopped, stop it in Yunxiao or with `mode: stop`",
            "如果错误信息没有说明运行已停止，请在云效中或用 `mode: stop` 停止";
    }
}

public! {
    /// The output `status`.
    StatusWord: &'static str {
        Started = "started", "started; not known to have ended", "已触发，尚未得知结果";
        Success = "success", "succeeded", "成功";
        Failed = "failed", "failed, or isn't confirmed to build the requested commit, branch or tag",
            "失败，或构建的提交、分支、标签与指定的不符，或未能确认提交";
        Canceled = "canceled", "canceled or skipped, or a stop request was accepted", "被取消或跳过，或停止请求已受理";
        Timeout = "timeout", "exceeded `queue-timeout`, `timeout` or `gate-timeout`",
            "超过了 `queue-timeout`、`timeout` 或 `gate-timeout`";
        Gate = "gate", "is waiting for approval at a manual gate (人工卡点)", "正在等待人工卡点审批";
        Blocked = "blocked",
            "is waiting for a person, but not at a manual gate", "在等待人工处理，但不是人工卡点";
        Approved = "approved", "was approved and continues", "已通过，运行会继续";
        Rejected = "rejected", "was rejected at a manual gate (人工卡点)", "已在人工卡点被拒绝";
        Unknown = "unknown",
            "may have been started, stopped or changed, or its result is unknown",
            "无法确定是否触发、停止或更改了运行，或运行的结果";
        None = "", "nothing was done", "什么都没做";
    }
}

public! {
    /// The outputs, in the order in which they are written.
    Output: &'static str {
        PipelineRunId = "pipelineRunId",
            "The run's id: a counter, unique only within its pipeline.",
            "运行 id：该流水线内递增的序号，仅在该流水线内唯一。";
        PipelineRunUrl = "pipelineRunUrl",
            "The URL of the run's page. Empty for a Region edition without `web-url`.",
            "运行的页面地址。Region 版未设置 `web-url` 时为空。";
        RequestId = "requestId",
            "The id of the request that started, stopped or changed the run, or was refused; Alibaba Cloud support \
             can look it up. Empty if the service returns none.",
            "触发、停止或更改运行的请求（包括被拒绝的请求）的 id，供阿里云技术支持查询。服务没有给出时为空。";
        Reused = "reused",
            "`true` if an earlier execution with the same `idempotency-key` started the run, otherwise `false`.",
            "运行是此前以相同 `idempotency-key` 触发的，则为 `true`，否则为 `false`。";
        Status = "status", "The run's status, in one word.", "运行的状态或结果，一个单词。";
        FailedJobs = "failedJobs",
            "The failed jobs of a followed run: a JSON list of objects with `stage`, `job`, `id` and `status`, at \
             most 2 KB; otherwise `[]`.",
            "跟踪运行时，失败任务的 JSON 列表，含 `stage`、`job`、`id` 和 `status`，最多 2 KB；否则为 `[]`。";
        WaitingFor = "waitingFor",
            "What the run is waiting for, if `status` is `gate` or `blocked`: `gate`, `manual-job`, `deployment` or \
             `conflict`; otherwise empty.",
            "`status` 为 `gate` 或 `blocked` 时，运行在等待什么：`gate`（人工卡点）、`manual-job`（手动执行）、`deployment`（部署暂停）\
             或 `conflict`（合并冲突）。否则为空。";
        WaitingJob = "waitingJob",
            "The waiting job, ready for the input `gate`: characters other than letters, digits and `._/-` are \
             replaced by `_`.",
            "等待处理的任务，写法可直接用于输入 `gate`：字母（含汉字）、数字和 `._/-` 以外的字符写作 `_`。";
        ExitCode = "exitCode", "The step's exit code, set when it ends.", "本步骤的退出码，结束时写入。";
        Artifacts = "artifacts",
            "The artifacts that the jobs of a followed run report: a JSON list of Yunxiao's own objects, at most 2 \
             KB. Empty if unknown; with an AccessKey, Yunxiao doesn't report them.",
            "跟踪运行时，各任务产出的制品：云效原始对象的 JSON 列表，最多 2 KB。未知时为空；使用 AccessKey 时云效不提供。";
    }
}

//! The table of all inputs. The program reads them, and `--help`, `action.yml` and docs/reference.md list them, in this
//! order; `tests/it/generated_documents_are_current.rs` writes the documents.

use std::time::Duration;

use super::check::Check;
use super::definition::DefaultValue::{self, CloudVariable, Described, Nothing, Required, Value};
use super::definition::{Definition, Documentation, Kind, When, inputs};
use super::grammar::{boolean, duration, one_of};
use super::input::Input;
use crate::yunxiao::Algorithm;

const ALGORITHMS: &[(&str, Algorithm)] =
    &[("ACS3-HMAC-SHA256", Algorithm::Acs3HmacSha256), ("HMAC-SHA1", Algorithm::HmacSha1)];

const PIPELINES_OWN: DefaultValue = Described("as configured in the pipeline", "流水线自身配置");

inputs! {
    "The pipeline", "流水线" {
        organization_id: Plain, CloudVariable("ALIBABA_CLOUD_YUNXIAO_ORGANIZATION_ID"),
            "The organization's (企业) id: the last part of `https://devops.aliyun.com/organization/<id>`, the page \
             that https://devops.aliyun.com opens. Not needed for a Region edition (专属版).",
            "企业 id：登录 https://devops.aliyun.com 后，地址栏 `https://devops.aliyun.com/organization/<id>` 的最后一段。Region 版无需填写。",
            example "5ebbc0228123212b59xxxxx";
        pipeline_id: Plain, Required,
            "The pipeline's id, or the URL of its page, `https://flow.aliyun.com/pipelines/<id>/current`. Not needed \
             if `pipeline-run-id` includes the pipeline.",
            "流水线 id，或其页面地址 `https://flow.aliyun.com/pipelines/<id>/current`。`pipeline-run-id` 已包含流水线时无需填写。",
            example "123";
    }
    "Credentials (one kind only)", "凭证（只用一种）" {
        access_token: Secret, CloudVariable("ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN"),
            "A Yunxiao personal access token (个人访问令牌), created at \
             https://account-devops.aliyun.com/settings/personalAccessToken.",
            "云效个人访问令牌，在 https://account-devops.aliyun.com/settings/personalAccessToken 新建。",
            example "${{ secrets.YUNXIAO_ACCESS_TOKEN }}";
        access_key_id: Secret, CloudVariable("ALIBABA_CLOUD_ACCESS_KEY_ID"),
            "The AccessKey id of a RAM user who has permission to run the pipeline.",
            "有权运行该流水线的 RAM 用户的 AccessKey id。",
            example "${{ secrets.YUNXIAO_ACCESS_KEY_ID }}";
        access_key_secret: Secret, CloudVariable("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
            "The AccessKey secret that belongs to `access-key-id`.",
            "`access-key-id` 对应的 AccessKey secret。",
            example "${{ secrets.YUNXIAO_ACCESS_KEY_SECRET }}";
        security_token: Secret, CloudVariable("ALIBABA_CLOUD_SECURITY_TOKEN"),
            "The STS token of a temporary AccessKey (`STS.…`).",
            "临时 AccessKey（`STS.…`）配套的 STS token。",
            example "${{ secrets.YUNXIAO_SECURITY_TOKEN }}";
        role_to_assume: Plain, CloudVariable("ALIBABA_CLOUD_ROLE_ARN"),
            "The RAM role to assume with an OIDC token, so no secret is stored. On GitHub, the job needs `id-token: \
             write`.",
            "通过 OIDC token 扮演的 RAM 角色，无需存储任何密钥。GitHub 作业需要 `id-token: write` 权限。",
            example "acs:ram::1234567890123456:role/yunxiao-run";
        oidc_provider_arn: Plain, CloudVariable("ALIBABA_CLOUD_OIDC_PROVIDER_ARN"),
            "The ARN of the OIDC provider in RAM that trusts this job's token. Required with `role-to-assume`.",
            "RAM 中信任本作业 token 的 OIDC 身份提供商的 ARN，与 `role-to-assume` 一起填写。",
            example "acs:ram::1234567890123456:oidc-provider/github";
        audience: Plain, Value("sts.aliyuncs.com"),
            "The audience of the OIDC token, if it is requested from the CI system.",
            "向 CI 系统申请 OIDC token 时指定的受众（audience）。",
            example "https://gitlab.example.com";
        oidc_token: Secret,
        Described(
            "GitHub's own, or the file in the variable `ALIBABA_CLOUD_OIDC_TOKEN_FILE`; the file takes precedence if the role comes \
             from `ALIBABA_CLOUD_ROLE_ARN`",
            "GitHub 自己的，或变量 `ALIBABA_CLOUD_OIDC_TOKEN_FILE` 指向的文件；角色来自 `ALIBABA_CLOUD_ROLE_ARN` 时优先使用该文件"
        ),
            "The job's OIDC token, exchanged for the role's credentials. On GitHub it is requested automatically \
             (`id-token: write`); on GitLab, declare it under `id_tokens` as `YUNXIAO_OIDC_TOKEN`.",
            "本作业的 OIDC token，用于换取角色的凭证。在 GitHub 上会自动申请（需要 `id-token: write`）；在 GitLab 上请在 `id_tokens` 中声明为 `YUNXIAO_OIDC_TOKEN`。",
            example "$YUNXIAO_OIDC_TOKEN";
        role_session_name: Plain,
        Described("derived from the repository's name; `yunxiao-run@job` if unknown", "由代码库名生成；未知时为 `yunxiao-run@job`"),
            "The name of the role's session in audit logs.",
            "角色会话的名称，显示在审计日志中。",
            example "acme-app";
    }
    "What to build", "构建什么" {
        branch: Plain, PIPELINES_OWN,
            "The branch to build. If the pipeline has several repositories, this is the branch of the one with the \
             same URL as this job's repository, otherwise of the one with the same name. `refs/heads/…` and \
             `refs/tags/…` are accepted. Can't be combined with `tag`.",
            "要构建的分支。流水线有多个代码源时，优先用于与本作业代码库地址相同的代码源，没有则用于同名的代码源。可以写成 `refs/heads/…` 或 `refs/tags/…`。不能与 `tag` 同时填写。",
            example "${{ github.ref }}",
            when Started;
        tag: Plain, Nothing,
            "The tag to build, in the same repository that `branch` applies to. `refs/tags/…` is accepted.",
            "要构建的标签，作用的代码源与 `branch` 相同。可以写成 `refs/tags/…`。",
            example "v1.4.2",
            when Started;
        running_branches: Private, PIPELINES_OWN,
            "The branch to build for each repository of the pipeline, one `URL=BRANCH` per line.",
            "流水线各代码源的分支，每行一个 `URL=分支`。",
            example "https://codeup.aliyun.com/acme/app.git=main",
            when Started;
        running_tags: Private, Nothing,
            "The tag to build for each repository of the pipeline, one `URL=TAG` per line.",
            "流水线各代码源的标签，每行一个 `URL=标签`。",
            example "https://codeup.aliyun.com/acme/app.git=v1.4.2",
            when Started;
        branch_mode_branches: Plain, PIPELINES_OWN,
            "For a pipeline in branch mode (分支模式): the branches to integrate, one per line.",
            "分支模式的流水线：要集成的分支，每行一个。",
            example "feature/login",
            when Started;
        need_create_branch: Plain, Described("decided by Yunxiao", "由云效决定"),
            "For a pipeline in branch mode (分支模式): `true` creates a new release branch, `false` doesn't.",
            "分支模式的流水线：`true` 新建 release 分支，`false` 不新建。",
            example "true",
            when Started;
        release_branch: Plain, Described("created by Yunxiao", "由云效新建"),
            "For a pipeline in branch mode (分支模式): the release branch to use.",
            "分支模式的流水线：使用的 release 分支。",
            example "release/20250801",
            when Started;
    }
    "Variables and artifacts", "变量和制品" {
        envs: Private, Nothing,
            "Run variables (运行变量), one `KEY=VALUE` per line, or a JSON object for multi-line values. `version` is \
             reserved by Yunxiao and rejected.",
            "运行变量，每行一个 `KEY=VALUE`；多行的值请用 JSON 对象。`version` 是云效的保留变量名，不能设置。",
            example "VERSION_TO_SHIP=1.4.2",
            when Started;
        running_pipeline_artifacts: Plain, PIPELINES_OWN,
            "For each upstream pipeline, the run to take artifacts from, one `PIPELINE=RUN` per line.",
            "使用上游流水线哪次运行的制品，每行一个 `流水线=运行`。",
            example "456=12",
            when Started;
        running_acr_artifacts: Plain, PIPELINES_OWN,
            "The image tag for each image repository, one `REPOSITORY=TAG` per line.",
            "各镜像仓库使用的镜像标签，每行一个 `仓库=标签`。",
            example "registry.cn-hangzhou.aliyuncs.com/acme/app=1.4.2",
            when Started;
        running_packages_artifacts: Plain, PIPELINES_OWN,
            "The version to use of each package, one `ARTIFACT=VERSION` per line.",
            "各制品使用的版本，每行一个 `制品=版本`。",
            example "generic/acme/app=1.4.2",
            when Started;
        params: Private, Nothing,
            "All run parameters as the API's raw JSON object. Other inputs override it; maps are merged key by key. \
             Two refs for the same repository are an error.",
            "完整的运行参数，即 API 的原始 JSON 对象。其他输入会覆盖其中的同名项，映射按键合并。同一代码源不能指定两个分支或标签。",
            example "{\"envs\": {\"VERSION_TO_SHIP\": \"1.4.2\"}}",
            when Started;
        comment: Plain, Described("where the run was triggered from", "触发来源"),
            "The run's remark (运行备注). A marker that identifies the run is added in front; `none` leaves only the \
             marker.",
            "运行备注，前面会加上用于识别该运行的标记；填 `none` 则只保留标记。",
            example "release 1.4.2",
            when Started;
    }
    "Following the run", "跟踪运行" {
        wait: Plain, Value("false"),
            "`true` follows the run until it ends, and the step passes or fails with it. For `mode: start`, `approve` \
             and `retry`.",
            "`true` 表示跟踪运行直到结束，步骤成败以运行结果为准。用于 `mode: start`、`approve` 和 `retry`。",
            example "true",
            read boolean => bool;
        logs: Plain,
        Described(
            "`failed`; `none` if the CI project is or may be public",
            "`failed`；CI 项目公开或可能公开时为 `none`"
        ),
            "With `wait: true` or `mode: follow`: `failed` shows the last log lines of failed jobs, `all` streams \
             every job's log, `none` shows no logs.",
            "`wait: true` 或 `mode: follow` 时：`failed` 显示失败任务的最后几行日志，`all` 实时显示全部日志，`none` 不显示。",
            example "all",
            when Followed;
        timeout: Plain, Value("2h"),
            "With `wait: true` or `mode: follow`: how long the run may take after it leaves the queue. `0` means no \
             limit. Time at a manual gate doesn't count.",
            "`wait: true` 或 `mode: follow` 时：排队结束后，运行最多持续多久。`0` 表示不限。停在人工卡点的时间不计。",
            example "45m",
            when Waited;
        queue_timeout: Plain, Value("30m"),
            "With `wait: true` or `mode: follow`: how long the run may be queued. `0` means no limit.",
            "`wait: true` 或 `mode: follow` 时：运行最多排队多久。`0` 表示不限。",
            example "1h",
            when Waited;
        gate_timeout: Plain, Value("0"),
            "With `wait: true` or `mode: follow`: how long the run may wait at one manual gate (人工卡点). `0` means no limit.",
            "`wait: true` 或 `mode: follow` 时：在同一个人工卡点最多等待多久。`0` 表示不限。",
            example "12h",
            when Waited;
        on_timeout: Plain, Value("leave"),
            "What to do with the run when a limit is exceeded: `leave` it running or `stop` it.",
            "运行超时后：`leave` 不停止运行，`stop` 停止运行。",
            example "stop",
            when Waited;
        on_gate: Plain, Value("wait"),
            "When the run reaches a manual gate (人工卡点): `wait` for a decision, or end the step successfully \
             (`succeed`, if no job has failed) or with exit code 8 (`fail`). If the run waits for a person for any \
             other reason, both `succeed` and `fail` end the step with exit code 8.",
            "运行停在人工卡点时：`wait` 等待审批；`succeed` 步骤成功结束（前提是没有任务失败）；`fail` 以退出码 8 结束。如果运行因其他原因等待人工处理，后两者都以退出码 8 结束。",
            example "succeed",
            when Followed;
        on_cancel: Plain, Described("`stop`; `leave` with `mode: follow`", "`stop`；`mode: follow` 时为 `leave`"),
            "What to do with the run when the step is cancelled: `stop` it or `leave` it running. `mode: approve` and \
             `mode: retry` stop only a run that they approved or retried.",
            "步骤被取消时：`stop` 停止运行，`leave` 不停止。`mode: approve` 和 `mode: retry` 只停止由其通过或重试的运行。",
            example "leave",
            when SetGoing;
        expect_commit: Plain, Nothing,
            "With `wait: true` or `mode: follow`: the full commit id that one of the run's sources must show. If the \
             run builds another commit, it is stopped and the step fails. `mode: approve` and `mode: retry` check the \
             commit first and send nothing if it differs. An error if the run is neither followed nor approved.",
            "`wait: true` 或 `mode: follow` 时：运行必须构建的完整 commit id，任一代码源符合即可。构建了其他提交时，停止运行，步骤失败。`mode: approve` 和 `mode: retry` 会先检查，不符时不发送任何请求。既不跟踪也不通过卡点时不能填写。",
            example "${{ github.sha }}";
    }
    "Idempotency", "幂等" {
        idempotency_key: Plain, Nothing,
            "A name for this piece of work: re-running the CI job then continues with the run that has this key, or \
             reuses it if it succeeded, instead of starting another. `auto` stands for this job of this CI run. In \
             modes other than `start`, the key selects the run in place of `pipeline-run-id`.",
            "幂等键，用来标识这项工作：重跑 CI 作业时，同一个键的运行还没结束就继续跟踪，已成功就直接复用，不会再触发一次。`auto` 表示本次 CI 运行中的本作业。在 `start` 以外的模式中，用它代替 `pipeline-run-id` 来指定运行。",
            example "auto";
        idempotency_window: Plain, Value("24h"),
            "How far back to look for runs with this `idempotency-key`. `0` means no limit.",
            "查找带有该 `idempotency-key` 的运行时，最多往前查多久。`0` 表示不限。",
            example "168h",
            read duration => Option<Duration>;
        on_succeeded: Plain, Value("reuse"),
            "What to do if a run with this `idempotency-key` has already succeeded: `reuse` it or `start` another.",
            "已有成功的运行带有该 `idempotency-key` 时：`reuse` 复用，`start` 再触发一次。",
            example "start",
            when Started;
    }
    "Existing runs", "已有的运行" {
        mode: Plain, Value("start"),
            "`start` starts a run; `follow` follows the run in `pipeline-run-id` until it ends; `stop` stops it; \
             `approve` and `reject` decide the job in `gate`; `retry` retries the run's failed jobs.",
            "`start` 触发运行；`follow` 跟踪 `pipeline-run-id` 指定的运行直到结束；`stop` 停止该运行；`approve` 和 `reject` 通过或拒绝 `gate` 指定的任务；`retry` 重试失败的任务。",
            example "follow";
        pipeline_run_id: Plain, Nothing,
            "The run: its id, `PIPELINE/RUN`, or the URL of its page (the output `pipelineRunUrl`). With the last \
             two, `pipeline-id` isn't needed. Required in all modes but `start`, which rejects it, unless \
             `idempotency-key` is set.",
            "运行：其 id、`流水线/运行`，或其页面地址（输出 `pipelineRunUrl`）；后两种写法无需再填 `pipeline-id`。`mode: start` 时不能填写；其他模式必填，除非设置了 `idempotency-key`。",
            example "https://flow.aliyun.com/pipelines/123/builds/7";
        gate: Plain, Nothing,
            "Required with `mode: approve` and `mode: reject`: the name of the waiting job, or `STAGE/JOB` if several \
             jobs have that name.",
            "`mode: approve` 和 `mode: reject` 时必填：等待处理的任务名；有多个任务同名时写 `阶段/任务`。",
            example "发布/人工卡点";
    }
    "Dry run and connection", "演练与连接" {
        dry_run: Plain, Value("false"),
            "`true` checks the credentials, the pipeline and the refs with read requests only, prints the request \
             without the values of variables, and starts nothing.",
            "`true` 表示只通过读取请求检查凭证、流水线、分支和标签，打印将要发送的请求（不含变量的值），不触发任何运行。",
            example "true",
            read boolean => bool;
        edition: Plain, Described("determined by the endpoint", "由服务地址决定"),
            "The edition that the access token belongs to: `central`, or `region` for a Region edition (专属版).",
            "个人访问令牌属于哪个版本：`central`（中心版）或 `region`（Region 版、专属版）。",
            example "region";
        endpoint: Plain,
        Described(
            "`https://devops.cn-hangzhou.aliyuncs.com`; with an access token the variable `YUNXIAO_API_BASE_URL` or \
             `ALIBABA_CLOUD_YUNXIAO_API_BASE_URL`, or \
             `https://openapi-rdc.aliyuncs.com`",
            "`https://devops.cn-hangzhou.aliyuncs.com`；使用个人访问令牌时为变量 `YUNXIAO_API_BASE_URL` 或 \
             `ALIBABA_CLOUD_YUNXIAO_API_BASE_URL`，或 \
             `https://openapi-rdc.aliyuncs.com`"
        ),
            "The endpoint of Yunxiao's API. Only needed for a Region edition (专属版).",
            "云效 API 的地址，只有 Region 版需要填写。",
            example "https://acme.devops.example.com";
        ca_certificates: Private,
        Described(
            "the file in the variable `SSL_CERT_FILE` or `CI_SERVER_TLS_CA_FILE`",
            "变量 `SSL_CERT_FILE` 或 `CI_SERVER_TLS_CA_FILE` 指向的文件"
        ),
            "Root certificates to trust in addition to Mozilla's, which are built in: PEM text or a path.",
            "额外信任的根证书（Mozilla 根证书已内置），填 PEM 文本或路径。",
            example "/etc/ssl/company-root.pem";
        host: Plain, Described("recognised by its variables", "根据环境变量识别"),
            "The CI system, if it isn't recognised or is mistaken for another: `gitlab`, `jenkins`, `azure` and so \
             on; `plain` means none.",
            "CI 系统的名称，仅在未能识别或识别有误时填写：`gitlab`、`jenkins`、`azure` 等；`plain` 表示不是任何一种。",
            example "jenkins";
        output_file: Plain,
        Described(
            "`yunxiao.env` on GitLab; elsewhere where the CI system reads outputs, or none",
            "GitLab：`yunxiao.env`；其他环境：CI 系统读取输出的位置，没有则不写"
        ),
            "The file to write outputs to, as `name=value` lines; if it ends with `/`, a directory with one file per \
             output. Ignored where the CI system has its own output file, as on GitHub.",
            "写入输出的文件，每行 `name=value`；以 `/` 结尾时是目录，每个输出一个文件。CI 系统有自己的输出文件时（例如 GitHub）不使用此项。",
            example "outputs.env";
        language: Plain, Value("both"),
            "The language of the log, errors, summary and annotations: `en`, `zh` or `both`.",
            "日志、错误信息、摘要和注解使用的语言：`en`、`zh` 或 `both`（双语）。",
            example "zh";
    }
    "Advanced", "高级" {
        signature_algorithm: VariableOnly, Value("ACS3-HMAC-SHA256"),
            "For AccessKeys: `ACS3-HMAC-SHA256`, or `HMAC-SHA1` for the legacy signature.",
            "用于 AccessKey：`ACS3-HMAC-SHA256`，或旧版签名 `HMAC-SHA1`。",
            example "HMAC-SHA1",
            read one_of(ALGORITHMS) => Algorithm;
        role_session_duration: VariableOnly, Value("1h"),
            "How long the role's session lasts: 15 minutes to 12 hours, up to the role's own maximum. It is renewed \
             as long as an OIDC token is available.",
            "角色会话的有效期：15 分钟到 12 小时，且不超过角色允许的最长时间。只要仍能取得 OIDC token，就会自动续期。",
            example "2h";
        sts_endpoint: VariableOnly, Value("https://sts.aliyuncs.com"),
            "The STS endpoint, which exchanges OIDC tokens for credentials. A region's own is \
             `https://sts.<region>.aliyuncs.com` or `https://sts-vpc.<region>.aliyuncs.com`.",
            "STS 的地址，用 OIDC token 在此换取凭证。各地域的地址为 `https://sts.<region>.aliyuncs.com` 或 `https://sts-vpc.<region>.aliyuncs.com`。",
            example "https://sts.cn-hangzhou.aliyuncs.com";
        web_url: VariableOnly,
        Described("`https://flow.aliyun.com`; none in a Region edition", "`https://flow.aliyun.com`；Region 版：无"),
            "The URL of Yunxiao's website, used in links to runs.",
            "云效网站的地址，用于生成运行的链接。",
            example "https://flow.example.com";
        request_timeout: VariableOnly, Value("30s"),
            "How long to wait for a response, plus up to 10 s to connect. `0` means no limit. Each poll of a followed \
             run takes at most one minute.",
            "等待响应的最长时间，建立连接另计（最多 10 秒）。`0` 表示不限。跟踪运行时，每次读取最多一分钟。",
            example "1m",
            read duration => Option<Duration>;
        retry_timeout: VariableOnly, Value("2m"),
            "How long to retry a request that certainly had no effect, and to search for a run if the response to its \
             start was lost. `0` means no limit (10 min for the search).",
            "确定没有生效的请求最多重试多久，以及触发请求的响应丢失时最多查找多久。`0` 表示不限（查找最多 10 分钟）。",
            example "10m",
            read duration => Option<Duration>;
        log_level: VariableOnly,
        Described("`info`; `debug` in the debug mode of the CI system", "`info`；CI 系统的调试模式下为 `debug`"),
            "The log level: `error`, `warn`, `info` or `debug`.",
            "日志级别：`error`、`warn`、`info` 或 `debug`。",
            example "debug";
    }
}

/// Every input with what documents say of it.
pub fn documented() -> impl Iterator<Item = (&'static Definition, &'static Documentation)> {
    DEFINITIONS.iter().zip(&DOCUMENTATION)
}

//! The one table of inputs. The program reads them, and `--help`, `action.yml` and docs/reference.md list them, as they
//! stand here; `tests/it/generated_documents_are_current.rs` writes the documents.

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
            "The organization's (企业) id: the last part of the address that https://devops.aliyun.com leads to, \
             `https://devops.aliyun.com/organization/<id>`. A Region edition (专属版) needs none.",
            "企业 id：登录 https://devops.aliyun.com 后地址栏 `https://devops.aliyun.com/organization/<id>` 的最后一段。Region 版无需填写。",
            example "5ebbc0228123212b59xxxxx";
        pipeline_id: Plain, Required,
            "The pipeline's id, or the address of its page, `https://flow.aliyun.com/pipelines/<id>/current`. Not needed if \
             `pipeline-run-id` names the pipeline too.",
            "流水线 id，或其页面地址 `https://flow.aliyun.com/pipelines/<id>/current`。`pipeline-run-id` 已指明流水线时无需填写。",
            example "123";
    }
    "Credentials, of one kind", "凭证（只用一种）" {
        access_token: Secret, CloudVariable("ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN"),
            "A Yunxiao personal access token (个人访问令牌), made at https://account-devops.aliyun.com/settings/personalAccessToken.",
            "云效个人访问令牌，在 https://account-devops.aliyun.com/settings/personalAccessToken 新建。",
            example "${{ secrets.YUNXIAO_ACCESS_TOKEN }}";
        access_key_id: Secret, CloudVariable("ALIBABA_CLOUD_ACCESS_KEY_ID"),
            "The AccessKey id of a RAM user that may run the pipeline.",
            "有权运行该流水线的 RAM 用户的 AccessKey id。",
            example "${{ secrets.YUNXIAO_ACCESS_KEY_ID }}";
        access_key_secret: Secret, CloudVariable("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
            "The secret of the AccessKey in `access-key-id`.",
            "`access-key-id` 对应的 AccessKey secret。",
            example "${{ secrets.YUNXIAO_ACCESS_KEY_SECRET }}";
        security_token: Secret, CloudVariable("ALIBABA_CLOUD_SECURITY_TOKEN"),
            "The STS token that belongs to a temporary AccessKey (`STS.…`).",
            "临时 AccessKey（`STS.…`）配套的 STS token。",
            example "${{ secrets.YUNXIAO_SECURITY_TOKEN }}";
        role_to_assume: Plain, CloudVariable("ALIBABA_CLOUD_ROLE_ARN"),
            "A RAM role to assume with an OIDC token, without any stored secret. On GitHub the job needs \
             `id-token: write`.",
            "使用 OIDC token 扮演的 RAM 角色，无需存储任何密钥。GitHub 作业需要 `id-token: write` 权限。",
            example "acs:ram::1234567890123456:role/yunxiao-run";
        oidc_provider_arn: Plain, CloudVariable("ALIBABA_CLOUD_OIDC_PROVIDER_ARN"),
            "The OIDC identity provider in RAM that accepts this job's token. Goes with `role-to-assume`.",
            "RAM 中接受本作业 token 的 OIDC 身份提供商，与 `role-to-assume` 一起使用。",
            example "acs:ram::1234567890123456:oidc-provider/github";
        audience: Plain, Value("sts.aliyuncs.com"),
            "The audience of the OIDC token, where it is requested from the CI system.",
            "向 CI 系统申请 OIDC token 时指定的受众（audience）。",
            example "https://gitlab.example.com";
        oidc_token: Secret,
        Described(
            "GitHub's own, or the file in the variable `ALIBABA_CLOUD_OIDC_TOKEN_FILE`; the file first for a role from \
             `ALIBABA_CLOUD_ROLE_ARN`",
            "GitHub 自己的，或变量 `ALIBABA_CLOUD_OIDC_TOKEN_FILE` 指向的文件；角色来自 `ALIBABA_CLOUD_ROLE_ARN` 时优先使用该文件"
        ),
            "The job's OIDC token, which is exchanged for the role's credentials. On GitHub it is requested automatically \
             (`id-token: write`); on GitLab, declare it under `id_tokens` as `YUNXIAO_OIDC_TOKEN`.",
            "本作业的 OIDC token，用于换取角色的凭证。在 GitHub 上会自动申请（需要 `id-token: write`）；在 GitLab 上请在 `id_tokens` 中声明为 `YUNXIAO_OIDC_TOKEN`。",
            example "$YUNXIAO_OIDC_TOKEN";
        role_session_name: Plain,
        Described("from the repository's name; `yunxiao-run@job` if unknown", "由代码库名生成；未知时为 `yunxiao-run@job`"),
            "The name that the assumed role's session has in audit logs.",
            "所扮演角色的会话在审计日志中的名称。",
            example "acme-app";
    }
    "What to build", "构建什么" {
        branch: Plain, PIPELINES_OWN,
            "The branch to build. If the pipeline has several repositories, it is the branch of the one with the same \
             address as this job's repository, or else the same name. \
             `refs/heads/…` and `refs/tags/…` are accepted. Not together with `tag`.",
            "要构建的分支。流水线有多个代码源时，用于地址与本作业代码库相同的代码源，没有则用于同名的代码源。\
             可以写成 `refs/heads/…` 或 `refs/tags/…`。不能与 `tag` 同时填写。",
            example "${{ github.ref }}",
            when Started;
        tag: Plain, Nothing,
            "The tag to build, in the repository that `branch` would apply to. `refs/tags/…` is accepted.",
            "要构建的标签，所用的代码源与 `branch` 相同。可以写成 `refs/tags/…`。",
            example "v1.4.2",
            when Started;
        running_branches: Private, PIPELINES_OWN,
            "The branch to build of each repository of the pipeline, one `URL=BRANCH` per line.",
            "流水线各代码源的分支，每行一个 `URL=分支`。",
            example "https://codeup.aliyun.com/acme/app.git=main",
            when Started;
        running_tags: Private, Nothing,
            "The tag to build of each repository of the pipeline, one `URL=TAG` per line.",
            "流水线各代码源的标签，每行一个 `URL=标签`。",
            example "https://codeup.aliyun.com/acme/app.git=v1.4.2",
            when Started;
        branch_mode_branches: Plain, PIPELINES_OWN,
            "For a pipeline in branch mode (分支模式): the branches to integrate, one per line.",
            "分支模式的流水线：要集成的分支，每行一个。",
            example "feature/login",
            when Started;
        need_create_branch: Plain, Described("decided by Yunxiao", "由云效决定"),
            "For a pipeline in branch mode (分支模式): `true` creates a new release branch, `false` does not.",
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
            "Run variables (运行变量), one `KEY=VALUE` per line, or a JSON object for values with line breaks. \
             `version` is reserved by Yunxiao and refused.",
            "运行变量，每行一个 `KEY=VALUE`；值有多行时请用 JSON 对象。`version` 是云效的保留变量名，不能设置。",
            example "VERSION_TO_SHIP=1.4.2",
            when Started;
        running_pipeline_artifacts: Plain, PIPELINES_OWN,
            "The run of each other pipeline to take artifacts from, one `PIPELINE=RUN` per line.",
            "其他流水线的制品取自哪次运行，每行一个 `流水线=运行`。",
            example "456=12",
            when Started;
        running_acr_artifacts: Plain, PIPELINES_OWN,
            "The tag of each image repository, one `REPOSITORY=TAG` per line.",
            "各镜像仓库的镜像标签，每行一个 `仓库=标签`。",
            example "registry.cn-hangzhou.aliyuncs.com/acme/app=1.4.2",
            when Started;
        running_packages_artifacts: Plain, PIPELINES_OWN,
            "The version of each package, one `ARTIFACT=VERSION` per line.",
            "各制品的版本，每行一个 `制品=版本`。",
            example "generic/acme/app=1.4.2",
            when Started;
        params: Private, Nothing,
            "All run parameters as the API's own JSON object. Other inputs override it; maps are merged key by \
             key. Two refs for one repository are refused.",
            "完整的运行参数，即 API 的原始 JSON 对象。其他输入会覆盖其中的同名项，映射按键合并。不能为同一代码源指定两个分支或标签。",
            example "{\"envs\": {\"VERSION_TO_SHIP\": \"1.4.2\"}}",
            when Started;
        comment: Plain, Described("where the run was triggered from", "触发来源"),
            "The run's remark (运行备注). A marker that identifies the run is put before it; with `none` the remark is the marker alone.",
            "运行备注，前面会加上一个用于识别该运行的标记；`none` 表示只保留标记。",
            example "release 1.4.2",
            when Started;
    }
    "Following the run", "跟踪运行" {
        wait: Plain, Value("false"),
            "`true` follows the run until it ends and takes its result as the step's result. With `mode: start`, \
             `approve` and `retry`.",
            "`true` 表示跟踪运行直到结束，并以其结果作为本步骤的结果。用于 `mode: start`、`approve` 和 `retry`。",
            example "true",
            read boolean => bool;
        logs: Plain,
        Described(
            "`failed`; `none` if the CI project is or may be public",
            "`failed`；CI 项目公开或可能公开时为 `none`"
        ),
            "With `wait: true` or `mode: follow`: `failed` shows the last log lines of failed jobs, `all` shows all logs as they grow, \
             `none` shows no logs.",
            "`wait: true` 或 `mode: follow` 时：`failed` 显示失败任务的末尾日志，`all` 实时显示全部日志，`none` 不显示。",
            example "all",
            when Followed;
        timeout: Plain, Value("2h"),
            "With `wait: true` or `mode: follow`: how long the run may take once it is no longer queued. `0` means no limit. \
             Time at a manual gate does not count.",
            "`wait: true` 或 `mode: follow` 时：运行在排队结束后最多持续多久。`0` 表示不限。停在人工卡点的时间不计。",
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
            "What to do with the run when it takes too long: `leave` it running or `stop` it.",
            "运行超时后如何处理：`leave` 保留，`stop` 停止。",
            example "stop",
            when Waited;
        on_gate: Plain, Value("wait"),
            "When the run reaches a manual gate (人工卡点): `wait` for a person, or end the step successfully (`succeed`, if \
             all went well so far) or with exit code 8 (`fail`). If the run waits for a person elsewhere, both end the step \
             with exit code 8.",
            "运行停在人工卡点时：`wait` 等待人工处理；`succeed` 本步骤成功结束（前提是此前一切正常）；`fail` 以退出码 8 结束。\
             如果运行在别处等待人工处理，后两者都以退出码 8 结束。",
            example "succeed",
            when Followed;
        on_cancel: Plain, Described("`stop`; `leave` with `mode: follow`", "`stop`；`mode: follow` 时为 `leave`"),
            "What to do with the run when the step is cancelled: `stop` it or `leave` it running. `mode: approve` and \
             `mode: retry` stop only what they set going.",
            "本步骤被取消时如何处理运行：`stop` 停止，`leave` 保留。`mode: approve` 和 `mode: retry` 只停止由其推动继续的运行。",
            example "leave",
            when SetGoing;
        expect_commit: Plain, Nothing,
            "With `wait: true` or `mode: follow`: the full commit id that one of the run's sources must show. A run that builds another \
             commit is stopped and the step fails. With `mode: approve` and `mode: retry` it is checked first, and nothing \
             is sent to such a run. Refused if the run is neither followed nor approved.",
            "`wait: true` 或 `mode: follow` 时：运行的某个代码源必须显示的完整 commit id。如果构建的是其他提交，则停止运行，本步骤失败。`mode: approve` 和 \
             `mode: retry` 会先检查，不符时不发送任何请求。既不跟踪也不通过卡点时不能填写。",
            example "${{ github.sha }}";
    }
    "Not twice", "不重复触发" {
        idempotency_key: Plain, Nothing,
            "A name for this piece of work, so that a CI job that is run again does not start a second run: it continues with \
             the run that has this key, or reuses it if it has succeeded. `auto` stands for this job of this CI run. In other \
             modes than `start`, the key names the run instead of `pipeline-run-id`.",
            "这项工作的名称，用于避免 CI 作业重新执行时再触发一次运行：带有该键的运行还在进行则继续跟踪，已成功则复用。\
             `auto` 表示本次 CI 运行中的本作业。`start` 以外的模式用它代替 `pipeline-run-id` 来指定运行。",
            example "auto";
        idempotency_window: Plain, Value("24h"),
            "How far back runs with this `idempotency-key` are looked for. `0` means no limit.",
            "向前查找多久以内带有该 `idempotency-key` 的运行。`0` 表示不限。",
            example "168h",
            read duration => Option<Duration>;
        on_succeeded: Plain, Value("reuse"),
            "What to do if a run with this `idempotency-key` has succeeded: `reuse` it or `start` another.",
            "带有该 `idempotency-key` 的运行已成功时如何处理：`reuse` 复用，`start` 再触发一次。",
            example "start",
            when Started;
    }
    "Acting on a run that exists", "处理已有的运行" {
        mode: Plain, Value("start"),
            "`start` starts a run; `follow` follows the run given by `pipeline-run-id` until it ends; `stop` stops it; \
             `approve` and `reject` decide what it waits for, given by `gate`; `retry` retries its failed jobs.",
            "`start` 触发运行；`follow` 跟踪 `pipeline-run-id` 指定的运行直到结束；`stop` 停止该运行；`approve` 和 `reject` \
             通过或拒绝该运行中由 `gate` 指定的等待项；`retry` 重试其失败的任务。",
            example "follow";
        pipeline_run_id: Plain, Nothing,
            "The run: its id, `PIPELINE/RUN`, or the address of its page (the output `pipelineRunUrl`); with the last two, \
             `pipeline-id` is not needed. Required except with `mode: start`, which refuses it, and with `idempotency-key`.",
            "运行：其 id、`流水线/运行`，或其页面地址（输出 `pipelineRunUrl`）；后两种写法无需再填 `pipeline-id`。\
             除 `mode: start`（不能填写）和设置了 `idempotency-key` 时外必填。",
            example "https://flow.aliyun.com/pipelines/123/builds/7";
        gate: Plain, Nothing,
            "With `mode: approve` and `mode: reject`, required: the name of the job that waits, or `STAGE/JOB` if \
             several jobs have that name.",
            "`mode: approve` 和 `mode: reject` 时必填：等待处理的任务名；有多个任务同名时写 `阶段/任务`。",
            example "发布/人工卡点";
    }
    "Trying out and connecting", "演练与连接" {
        dry_run: Plain, Value("false"),
            "`true` checks credentials, pipeline and refs with read requests only, shows the request without the \
             values of variables, and starts nothing.",
            "`true` 表示只通过读取来检查凭证、流水线、分支和标签，显示将要发送的请求（不含变量的值），不触发任何运行。",
            example "true",
            read boolean => bool;
        edition: Plain, Described("determined by the endpoint", "由服务地址决定"),
            "Which Yunxiao an access token is for: `central`, or `region` for a Region edition (专属版).",
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
            "The address of Yunxiao's API. Needed for a Region edition (专属版) alone.",
            "云效 API 的地址，只有 Region 版需要填写。",
            example "https://acme.devops.example.com";
        ca_certificates: Private,
        Described(
            "the file in the variable `SSL_CERT_FILE` or `CI_SERVER_TLS_CA_FILE`",
            "变量 `SSL_CERT_FILE` 或 `CI_SERVER_TLS_CA_FILE` 指向的文件"
        ),
            "Root certificates to trust in addition to the bundled Mozilla ones, as PEM text or a path.",
            "在内置的 Mozilla 根证书之外再信任的根证书，PEM 文本或路径。",
            example "/etc/ssl/company-root.pem";
        host: Plain, Described("recognised by its variables", "根据环境变量识别"),
            "The CI system, if it is not recognised, or recognised as another: `gitlab`, `jenkins`, `azure` and so on; `plain` stands \
             for none.",
            "CI 系统的名称，仅在未能识别或识别有误时填写：`gitlab`、`jenkins`、`azure` 等；`plain` 表示不是任何一种。",
            example "jenkins";
        output_file: Plain,
        Described(
            "`yunxiao.env` on GitLab; elsewhere the CI system's own place, or none",
            "GitLab：`yunxiao.env`；其他地方：CI 系统自己的位置，没有则不写"
        ),
            "The file that outputs are written to, as `name=value` lines; with a `/` at its end, a folder that gets a file for each \
             output. Not used where the CI system has a file of its own, such as GitHub.",
            "写入输出的文件，每行 `name=value`；以 `/` 结尾时是文件夹，每个输出一个文件。CI 系统有自己的输出文件时（例如 GitHub）不使用此项。",
            example "outputs.env";
        language: Plain, Value("both"),
            "The language of everything that people read (log, errors, summary, annotations): `en`, `zh` or `both`.",
            "日志、错误信息、摘要和注解使用的语言：`en`、`zh` 或 `both`（两者）。",
            example "zh";
    }
    "Rarely needed", "很少用到" {
        signature_algorithm: VariableOnly, Value("ACS3-HMAC-SHA256"),
            "For AccessKeys: `ACS3-HMAC-SHA256`, or `HMAC-SHA1` for the classic signature.",
            "用于 AccessKey：`ACS3-HMAC-SHA256`，或旧版签名 `HMAC-SHA1`。",
            example "HMAC-SHA1",
            read one_of(ALGORITHMS) => Algorithm;
        role_session_duration: VariableOnly, Value("1h"),
            "How long a role's session lasts: 15 minutes to 12 hours, and no longer than the role allows. It is renewed as \
             long as an OIDC token is available.",
            "角色会话的有效期：15 分钟到 12 小时，且不超过角色允许的最长时间。只要仍能取得 OIDC token，就会自动续期。",
            example "2h";
        sts_endpoint: VariableOnly, Value("https://sts.aliyuncs.com"),
            "The address of STS, which exchanges OIDC tokens for credentials. That of a region is \
             `https://sts.<region>.aliyuncs.com` or `https://sts-vpc.<region>.aliyuncs.com`.",
            "用 OIDC token 换取凭证的 STS 地址。各地域的地址为 `https://sts.<region>.aliyuncs.com` 或 \
             `https://sts-vpc.<region>.aliyuncs.com`。",
            example "https://sts.cn-hangzhou.aliyuncs.com";
        web_url: VariableOnly,
        Described("`https://flow.aliyun.com`; none in a Region edition", "`https://flow.aliyun.com`；Region 版：无"),
            "The address of Yunxiao's website, for links to runs.",
            "云效网站的地址，用于生成运行的链接。",
            example "https://flow.example.com";
        request_timeout: VariableOnly, Value("30s"),
            "How long a response may take, in addition to up to 10 s for the connection. `0` means no limit. \
             Each read of a followed run takes at most one minute.",
            "等待响应的最长时间，建立连接另计（最多 10 秒）。`0` 表示不限。跟踪运行时，每次读取最多一分钟。",
            example "1m",
            read duration => Option<Duration>;
        retry_timeout: VariableOnly, Value("2m"),
            "How long a request that was certainly not acted on is retried, and how long a run whose response was \
             lost is searched for. `0` means no limit (10 min for the search).",
            "在多长时间内重发确定未被处理的请求，以及查找响应丢失的运行。`0` 表示不限（查找最多 10 分钟）。",
            example "10m",
            read duration => Option<Duration>;
        log_level: VariableOnly,
        Described("`info`; `debug` in the debug mode of the CI system", "`info`；CI 系统的调试模式下为 `debug`"),
            "How much is logged: `error`, `warn`, `info` or `debug`.",
            "日志级别：`error`、`warn`、`info` 或 `debug`。",
            example "debug";
    }
}

/// Every input with what documents say of it.
pub fn documented() -> impl Iterator<Item = (&'static Definition, &'static Documentation)> {
    DEFINITIONS.iter().zip(&DOCUMENTATION)
}

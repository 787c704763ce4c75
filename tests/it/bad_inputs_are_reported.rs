use yunxiao_run::environment::Environment;
use yunxiao_run::host::detect;
use yunxiao_run::inputs::Settings;
use yunxiao_simulator::Server;

use crate::step::{Step, service};

/// What is set (or, without a value, not set), and what is then said in English and in Chinese.
type Row<'a> = (&'a [(&'a str, Option<&'a str>)], &'a str, &'a str);

fn given(server: &Server, changes: &[(&str, Option<&str>)]) -> Step {
    changes.iter().fold(Step::at(&server.http_url()), |step, (name, value)| match value {
        Some(value) => step.with(name, *value),
        None => step.without(name),
    })
}

const ROWS: &[Row<'_>] = &[
    // Missing, empty, unreadable
    (&[("YUNXIAO_ORGANIZATION_ID", None)], "organization-id (YUNXIAO_ORGANIZATION_ID): is required", "必须填写"),
    (&[("YUNXIAO_ORGANIZATION_ID", Some("  "))], "organization-id (YUNXIAO_ORGANIZATION_ID): is required", "必须填写"),
    (&[("YUNXIAO_PIPELINE_ID", None)], "pipeline-id (YUNXIAO_PIPELINE_ID): is required", "必须填写"),
    (&[("YUNXIAO_ACCESS_KEY_ID", Some(""))], "access-key-id (YUNXIAO_ACCESS_KEY_ID): is empty", "来自 fork"),
    (&[("YUNXIAO_ACCESS_KEY_SECRET", None)], "access-key-secret (YUNXIAO_ACCESS_KEY_SECRET): is empty", "来自 fork"),
    // Ids
    (&[("YUNXIAO_ORGANIZATION_ID", Some("my org"))], "YUNXIAO_ORGANIZATION_ID: must be the id", "企业 id"),
    (
        &[("YUNXIAO_ORGANIZATION_ID", Some("https://devops.aliyun.com/organization/5eb"))],
        "must be the id in the address",
        "访问链接",
    ),
    (&[("YUNXIAO_ORGANIZATION_ID", Some("../admin"))], "must be the id", "企业 id"),
    (
        &[("YUNXIAO_ORGANIZATION_ID", Some("${{ vars.ORG }}"))],
        "was not replaced by the CI system",
        "没有被 CI 系统替换",
    ),
    (&[("YUNXIAO_PIPELINE_ID", Some("main"))], "must be a pipeline's number", "必须是流水线的数字 id"),
    (&[("YUNXIAO_PIPELINE_ID", Some("0"))], "must be a pipeline's number", "数字 id"),
    (&[("YUNXIAO_PIPELINE_ID", Some("-1"))], "must be a pipeline's number", "数字 id"),
    (&[("YUNXIAO_PIPELINE_ID", Some("+1"))], "must be a pipeline's number", "数字 id"),
    (&[("YUNXIAO_PIPELINE_ID", Some("1.0"))], "must be a pipeline's number", "数字 id"),
    (&[("YUNXIAO_PIPELINE_ID", Some("9223372036854775808"))], "must be a pipeline's number", "数字 id"),
    (
        &[("YUNXIAO_PIPELINE_ID", Some("https://flow.example.com/pipelines/123/current"))],
        "or its page's address https://flow.aliyun.com/pipelines/",
        "页面地址",
    ),
    (&[("YUNXIAO_PIPELINE_ID", Some("https://flow.aliyun.com/pipelines/"))], "must be a pipeline's number", "数字 id"),
    (
        &[("YUNXIAO_PIPELINE_ID", Some("https://flow.aliyun.com/pipelines/+5"))],
        "must be a pipeline's number",
        "数字 id",
    ),
    (&[("YUNXIAO_PIPELINE_ID", Some("$PIPELINE"))], "was not replaced by the CI system", "变量的引用"),
    (
        &[("PIPELINE_ID", Some("123")), ("PIPELINE_NAME", Some("deploy"))],
        "is the pipeline this step runs in",
        "无休止地触发自己",
    ),
    (
        &[("YUNXIAO_IDEMPOTENCY_KEY", Some("deploy ${{ github.sha }}"))],
        "was not replaced by the CI system",
        "没有被 CI 系统替换",
    ),
    (&[("YUNXIAO_IDEMPOTENCY_KEY", Some("AUTO"))], "must be a name for this piece of work", "必须是这项工作的名称"),
    (&[("YUNXIAO_IDEMPOTENCY_KEY", Some("false"))], "must be a name for this piece of work", "必须是这项工作的名称"),
    (&[("YUNXIAO_IDEMPOTENCY_KEY", Some("deploy-"))], "begins or ends with a separator", "以分隔符开头或结尾"),
    (&[("YUNXIAO_IDEMPOTENCY_KEY", Some("deploy-$CI_COMMIT_SHA"))], "a variable reference", "未替换的变量引用"),
    (&[("YUNXIAO_IDEMPOTENCY_KEY", Some("deploy-%BUILD_ID%"))], "a variable reference", "未替换的变量引用"),
    (&[("YUNXIAO_IDEMPOTENCY_KEY", Some("deploy-{{ .Sha }}"))], "a variable reference", "未替换的变量引用"),
    (&[("YUNXIAO_ENVS", Some("BUILD_REMARK=x"))], "must not set `BUILD_REMARK`", "保留变量名"),
    (&[("YUNXIAO_IDEMPOTENCY_KEY", Some("a\nb"))], "must be one line of at most 200 characters", "必须是一行"),
    (&[("YUNXIAO_IDEMPOTENCY_KEY", Some("auto"))], "this CI system doesn't say which job", "没有提供运行和作业的标识"),
    (
        &[("YUNXIAO_IDEMPOTENCY_KEY", Some("a")), ("YUNXIAO_ON_SUCCEEDED", Some("skip"))],
        "YUNXIAO_ON_SUCCEEDED: must be",
        "YUNXIAO_ON_SUCCEEDED：",
    ),
    (
        &[
            ("YUNXIAO_MODE", Some("stop")),
            ("YUNXIAO_PIPELINE_RUN_ID", Some("1")),
            ("YUNXIAO_IDEMPOTENCY_KEY", Some("a")),
        ],
        "YUNXIAO_IDEMPOTENCY_KEY: selects the run, and so does YUNXIAO_PIPELINE_RUN_ID: set only one",
        "只能填写一个",
    ),
    // Maps and lists
    (&[("YUNXIAO_ENVS", Some("A=1\nB"))], "YUNXIAO_ENVS: has no `=` in line 2", "第 2 行没有 `=`"),
    (&[("YUNXIAO_ENVS", Some("A=1\n\n=2"))], "has nothing before the `=` in line 3", "第 3 行的 `=` 之前没有内容"),
    (&[("YUNXIAO_ENVS", Some("A=1\nA=2"))], "has the key `A` twice", "出现了两次"),
    (&[("YUNXIAO_ENVS", Some("{\"A\":\"1\",\"A\":\"2\"}"))], "has the key `A` twice", "出现了两次"),
    (&[("YUNXIAO_ENVS", Some("{\"A\":null}"))], "has null, a list or an object under the key `A`", "键 `A`"),
    (&[("YUNXIAO_ENVS", Some("{\"A\":{\"B\":1}}"))], "under the key `A`", "键 `A`"),
    (&[("YUNXIAO_ENVS", Some("{\"A\":1"))], "is not valid JSON (line 1, column 6)", "不是有效的 JSON"),
    (&[("YUNXIAO_ENVS", Some("{\"\":1}"))], "has an empty key", "空键"),
    (&[("YUNXIAO_ENVS", Some("version=1"))], "must not set `version`", "保留变量名"),
    // Maps that would arrive as something else
    (&[("YUNXIAO_ENVS", Some("# comment\nA=1"))], "has no `=` in line 1", "第 1 行没有 `=`"),
    (
        &[("YUNXIAO_ENVS", Some("A=1\n# B=2"))],
        "before the `=` in line 2 which isn't a valid name",
        "第 2 行 `=` 之前的内容不是有效的变量名",
    ),
    (&[("YUNXIAO_ENVS", Some("export A=1"))], "without quotes, `export` or comments", "不能带引号、`export` 或注释"),
    (&[("YUNXIAO_ENVS", Some("A=1\n\u{feff}B=2"))], "in line 2 which isn't a valid name", "第 2 行"),
    (&[("YUNXIAO_ENVS", Some("A\u{200b}=1"))], "in line 1 which isn't a valid name", "不是有效的变量名"),
    (&[("YUNXIAO_ENVS", Some("\"A=1\""))], "which isn't a valid name", "不是有效的变量名"),
    (&[("YUNXIAO_ENVS", Some("[\"A=1\"]"))], "which isn't a valid name", "不是有效的变量名"),
    (&[("YUNXIAO_ENVS", Some("A=1 B=2"))], "in YAML write `|`", "YAML 中请用 `|`"),
    (&[("YUNXIAO_ENVS", Some("A=1  B=2"))], "several KEY=VALUE on one line", "一行中有多个"),
    (&[("YUNXIAO_ENVS", Some("{\"A \":1}"))], "has the key `A`, which isn't a valid name", "不是有效的变量名"),
    (&[("PLUGIN_ENVS", Some("A=1,A=2"))], "PLUGIN_ENVS: has the key `A` twice", "出现了两次"),
    (&[("YUNXIAO_PARAMS", Some("{\"envs\":{\"export A\":1}}"))], "`envs` has the key `export A`", "不是有效的变量名"),
    (&[("YUNXIAO_RUNNING_TAGS", Some("# https://x/y.git=1"))], "which has white space, quotes", "空白、引号"),
    (&[("YUNXIAO_RUNNING_TAGS", Some("'https://x/y.git=1'"))], "which has white space, quotes", "空白、引号"),
    (&[("YUNXIAO_RUNNING_TAGS", Some("[\"https://x/y.git=1\"]"))], "begins with `#` or `[`", "开头"),
    (&[("YUNXIAO_RUNNING_BRANCHES", Some("https://x/y.git="))], "has nothing after `https://x/y.git=`", "之后没有内容"),
    (&[("YUNXIAO_RUNNING_BRANCHES", Some("https://x/y.git=$BRANCH"))], "was not replaced", "没有被 CI 系统替换"),
    (&[("YUNXIAO_RUNNING_TAGS", Some("main"))], "has no `=` in line 1", "第 1 行"),
    (&[("YUNXIAO_RUNNING_ACR_ARTIFACTS", Some("{\"r\":[]}"))], "under the key `r`", "键 `r`"),
    (&[("YUNXIAO_RUNNING_PIPELINE_ARTIFACTS", Some("1="))], "has nothing after `1=`", "之后没有内容"),
    (&[("YUNXIAO_RUNNING_PACKAGES_ARTIFACTS", Some("="))], "has nothing before the `=`", "之前没有内容"),
    (&[("YUNXIAO_BRANCH_MODE_BRANCHES", Some("a,,b"))], "has an empty item", "空项"),
    (
        &[("YUNXIAO_BRANCH_MODE_BRANCHES", Some("[\"a\",null]"))],
        "has null, a list or an object as an item",
        "数组的元素不能是",
    ),
    (&[("YUNXIAO_BRANCH_MODE_BRANCHES", Some("a\n${{ github.ref }}"))], "was not replaced", "没有被 CI 系统替换"),
    (&[("YUNXIAO_NEED_CREATE_BRANCH", Some("yes"))], "must be `true` or `false`; got `yes`", "收到 `yes`"),
    (&[("YUNXIAO_RELEASE_BRANCH", Some("$RELEASE"))], "was not replaced", "没有被 CI 系统替换"),
    // params
    (&[("YUNXIAO_PARAMS", Some("envs"))], "YUNXIAO_PARAMS: must be a JSON object", "必须是 JSON 对象"),
    (&[("YUNXIAO_PARAMS", Some("{envs:1}"))], "is not valid JSON", "不是有效的 JSON"),
    (&[("YUNXIAO_PARAMS", Some("{\"envs\":[]}"))], "`envs` must be an object", "必须是 JSON 对象"),
    (&[("YUNXIAO_PARAMS", Some("{\"envs\":{\"version\":\"1\"}}"))], "must not set `version`", "保留变量名"),
    (&[("YUNXIAO_PARAMS", Some("{\"branchModeBranchs\":\"a\"}"))], "`branchModeBranchs` must be a list", "必须是数组"),
    (&[("YUNXIAO_PARAMS", Some("{\"needCreateBranch\":1}"))], "`needCreateBranch` must be `true` or `false`", "true"),
    (&[("YUNXIAO_PARAMS", Some("{\"comment\":{}}"))], "`comment` must not be null", "不能是 null"),
    (&[("YUNXIAO_PARAMS", Some("{\"comment\":1,\"comment\":2}"))], "has the key `comment` twice", "出现了两次"),
    // Credentials
    (
        &[("YUNXIAO_ACCESS_KEY_ID", Some("$ACCESS_KEY"))],
        "YUNXIAO_ACCESS_KEY_ID: was not replaced",
        "没有被 CI 系统替换",
    ),
    (&[("YUNXIAO_ACCESS_KEY_SECRET", Some("two words"))], "must be visible ASCII characters", "可见的 ASCII 字符"),
    (&[("YUNXIAO_SECURITY_TOKEN", Some("令牌"))], "YUNXIAO_SECURITY_TOKEN: must be visible ASCII", "可见的 ASCII"),
    (
        &[("YUNXIAO_ACCESS_KEY_SECRET_FILE", Some("/tmp/secret"))],
        "YUNXIAO_ACCESS_KEY_SECRET: is also set as YUNXIAO_ACCESS_KEY_SECRET_FILE",
        "只能二选一",
    ),
    (
        &[("YUNXIAO_ACCESS_KEY_SECRET", None), ("YUNXIAO_ACCESS_KEY_SECRET_FILE", Some("/no/such/file"))],
        "YUNXIAO_ACCESS_KEY_SECRET_FILE: names a file that can't be read",
        "无法读取",
    ),
    (
        &[("YUNXIAO_ACCESS_KEY_SECRET", None), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", Some("other"))],
        "access-key-secret (YUNXIAO_ACCESS_KEY_SECRET): is empty",
        "为空或未填写",
    ),
    (
        &[
            ("YUNXIAO_ACCESS_KEY_ID", None),
            ("YUNXIAO_ACCESS_KEY_SECRET", None),
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", Some("left-over")),
        ],
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET: is empty",
        "为空或未填写",
    ),
    (&[("YUNXIAO_ACCESS_KEY_SECRET", Some("\"secret\""))], "is in quotes: remove them", "请去掉引号"),
    (&[("YUNXIAO_ACCESS_KEY_ID", Some("'LTAI'"))], "YUNXIAO_ACCESS_KEY_ID: is in quotes", "请去掉引号"),
    (
        &[("YUNXIAO_ACCESS_KEY_SECRET", Some("/proc/self/status"))],
        "is the path of a file: set YUNXIAO_ACCESS_KEY_SECRET_FILE to the path instead",
        "是文件的路径：请通过 YUNXIAO_ACCESS_KEY_SECRET_FILE 填写",
    ),
    // Addresses
    (&[("YUNXIAO_ENDPOINT", Some("http://devops.cn-hangzhou.aliyuncs.com"))], "must be https", "必须使用 https"),
    (&[("YUNXIAO_ENDPOINT", Some("devops.cn-hangzhou.aliyuncs.com"))], "must be an address such as", "的地址"),
    (
        &[("YUNXIAO_ENDPOINT", Some("https://云效.例子.com:8443"))],
        "must have its host in punycode: `xn--9kqr76c.xn--fsqu00a.com`",
        "必须写成 punycode：`xn--9kqr76c.xn--fsqu00a.com`",
    ),
    (&[("YUNXIAO_ENDPOINT", Some("https://BÜCHER。example"))], "`xn--bcher-kva.example`", "punycode"),
    (&[("YUNXIAO_ENDPOINT", Some("https://bu\u{308}cher.example"))], "must be an address such as", "的地址"),
    (&[("YUNXIAO_ENDPOINT", Some("https://u:p@host"))], "must not contain a user name", "用户名"),
    (&[("YUNXIAO_ENDPOINT", Some("https://host/api"))], "no path, query or fragment", "不能有路径"),
    (&[("YUNXIAO_ENDPOINT", Some("${ENDPOINT}"))], "YUNXIAO_ENDPOINT: was not replaced", "没有被 CI 系统替换"),
    (&[("YUNXIAO_WEB_URL", Some("flow"))], "YUNXIAO_WEB_URL: must be an address", "的地址"),
    (
        &[("YUNXIAO_ENDPOINT", Some("https://host")), ("HTTPS_PROXY", Some("socks5://proxy:1080"))],
        "HTTPS_PROXY: is the address of a SOCKS proxy, which isn't supported",
        "SOCKS 代理",
    ),
    (&[("YUNXIAO_CA_CERTIFICATES", Some("/no/such/file"))], "names a file that can't be read", "无法读取"),
    (&[("YUNXIAO_CA_CERTIFICATES", Some("-----BEGIN nothing"))], "holds no usable PEM certificate", "可用的 PEM"),
    (&[("YUNXIAO_WEB_URL", Some("$WEB"))], "YUNXIAO_WEB_URL: was not replaced", "没有被 CI 系统替换"),
    // The rest
    (&[("YUNXIAO_SIGNATURE_ALGORITHM", Some("MD5"))], "must be `ACS3-HMAC-SHA256` or `HMAC-SHA1`", "HMAC-SHA1"),
    (&[("YUNXIAO_REQUEST_TIMEOUT", Some("30"))], "needs a unit: `30s` for seconds or `30m` for minutes", "缺少单位"),
    (&[("YUNXIAO_REQUEST_TIMEOUT", Some("soon"))], "must be a duration such as", "必须是时长"),
    (&[("YUNXIAO_QUEUE_TIMEOUT", Some("500ms"))], "must be whole seconds, such as `1s`; got `500ms`", "必须是整秒"),
    (&[("YUNXIAO_REQUEST_TIMEOUT", Some("1s500ms"))], "must be whole seconds", "必须是整秒"),
    (&[("YUNXIAO_RETRY_TIMEOUT", Some("0s"))], "must be greater than zero", "必须大于零"),
    (&[("YUNXIAO_LOG_LEVEL", Some("loud"))], "must be `error`, `warn`, `info` or `debug`", "`debug`"),
    (&[("YUNXIAO_RETRY_TIMEOUT", Some("5M"))], "must be a duration such as", "必须是时长"),
    (&[("YUNXIAO_RETRY_TIMEOUT", Some("9000h"))], "must be greater than zero and at most one year", "不超过一年"),
    (
        &[("YUNXIAO_MODE", Some("restart"))],
        "YUNXIAO_MODE: must be `start`, `follow`, `stop`, `approve`, `reject` or `retry`; got `restart`",
        "必须是 `start`、`follow`、`stop`、`approve`、`reject` 或 `retry`；收到 `restart`",
    ),
    (
        &[("YUNXIAO_MODE", Some("follow"))],
        "pipeline-run-id (YUNXIAO_PIPELINE_RUN_ID): is required with `mode: follow`",
        "`mode: follow` 时必须填写",
    ),
    (&[("YUNXIAO_PIPELINE_RUN_ID", Some("7"))], "only with the other modes", "仅用于其他模式"),
    (
        &[("YUNXIAO_MODE", Some("approve")), ("YUNXIAO_PIPELINE_RUN_ID", Some("7"))],
        "gate (YUNXIAO_GATE): is required with `mode: approve`: the name of the waiting job",
        "`mode: approve` 时必须填写：等待处理的任务名",
    ),
    (
        &[("YUNXIAO_MODE", Some("retry")), ("YUNXIAO_PIPELINE_RUN_ID", Some("7")), ("YUNXIAO_GATE", Some("卡点"))],
        "YUNXIAO_GATE: is only for `mode: approve` and `mode: reject`, not for `mode: retry`",
        "仅用于 `mode: approve` 和 `mode: reject`",
    ),
    (
        &[
            ("YUNXIAO_MODE", Some("reject")),
            ("YUNXIAO_PIPELINE_RUN_ID", Some("7")),
            ("YUNXIAO_GATE", Some("$waitingJob")),
        ],
        "YUNXIAO_GATE: was not replaced by the CI system",
        "没有被 CI 系统替换",
    ),
    (&[("YUNXIAO_GATE_TIMEOUT", Some("5"))], "YUNXIAO_GATE_TIMEOUT: needs a unit", "缺少单位"),
    (&[("YUNXIAO_MODE", Some("stop"))], "pipeline-run-id (YUNXIAO_PIPELINE_RUN_ID): is required with", "必须填写"),
    (
        &[("YUNXIAO_MODE", Some("stop")), ("YUNXIAO_PIPELINE_RUN_ID", Some("last"))],
        "YUNXIAO_PIPELINE_RUN_ID: must be a run's number",
        "必须是运行的数字 id",
    ),
    (&[("YUNXIAO_ON_CANCEL", Some("ask"))], "YUNXIAO_ON_CANCEL: must be `stop` or `leave`", "必须是 `stop` 或 `leave`"),
    // Refs
    (&[("YUNXIAO_BRANCH", Some("${{ github.ref }}"))], "YUNXIAO_BRANCH: was not replaced", "没有被 CI 系统替换"),
    (&[("YUNXIAO_BRANCH", Some("$CI_COMMIT_BRANCH"))], "YUNXIAO_BRANCH: was not replaced", "没有被 CI 系统替换"),
    (
        &[("YUNXIAO_BRANCH", Some("refs/pull/7/merge"))],
        "YUNXIAO_BRANCH: is the ref of a pull request",
        "合并请求的 ref",
    ),
    (&[("INPUT_BRANCH", Some("7/merge"))], "branch: is the ref of a pull request", "`github.head_ref`"),
    (&[("YUNXIAO_BRANCH", Some("refs/merge-requests/7/head"))], "is the ref of a pull request", "合并请求的 ref"),
    (
        &[("YUNXIAO_BRANCH", Some("refs/remotes/origin/main"))],
        "is neither a branch (refs/heads/…) nor a tag",
        "既不是分支",
    ),
    (
        &[
            ("YUNXIAO_RUNNING_BRANCHES", Some("https://a/b.git=refs/tags/1.0")),
            ("YUNXIAO_RUNNING_TAGS", Some("https://a/b.git=2.0")),
        ],
        "YUNXIAO_RUNNING_TAGS, `https://a/b.git`: has two refs",
        "同时指定了两个分支或标签",
    ),
    (&[("YUNXIAO_BRANCH", Some("refs/heads/"))], "must be the name of a branch or tag", "git 允许"),
    (&[("YUNXIAO_BRANCH", Some("a b"))], "as git takes it, without quotes", "必须是 git 允许的分支或标签名称"),
    (&[("YUNXIAO_BRANCH", Some("refs/heads/$(Build.SourceBranchName)"))], "was not replaced", "没有被 CI 系统替换"),
    (&[("YUNXIAO_TAG", Some("refs/tags/${{ github.ref_name }}"))], "was not replaced", "没有被 CI 系统替换"),
    (&[("YUNXIAO_BRANCH", Some("release/*"))], "name of a branch or tag", "git 允许"),
    (
        &[("YUNXIAO_BRANCH", Some("\"main\""))],
        "without quotes, wildcards or invisible characters; got `\"main\"`",
        "引号",
    ),
    (&[("YUNXIAO_BRANCH", Some("ma\u{200b}in"))], "invisible characters", "不可见字符"),
    (&[("YUNXIAO_BRANCH", Some("HEAD"))], "YUNXIAO_BRANCH: must be the name of a branch or tag", "git 允许"),
    (&[("YUNXIAO_BRANCH", Some("/merge"))], "must be the name of a branch or tag", "git 允许"),
    (&[("YUNXIAO_BRANCH_MODE_BRANCHES", Some("a\nHEAD"))], "name of a branch or tag", "收到 `HEAD`"),
    (&[("YUNXIAO_BRANCH_MODE_BRANCHES", Some("refs/tags/1"))], "is a tag, not a branch", "是标签而不是分支"),
    (&[("YUNXIAO_RELEASE_BRANCH", Some("release/*"))], "YUNXIAO_RELEASE_BRANCH: must be the name", "git 允许"),
    (&[("YUNXIAO_PARAMS", Some("{\"releaseBranch\":\"a..b\"}"))], "YUNXIAO_PARAMS: must be the name", "git 允许"),
    (
        &[("YUNXIAO_RUNNING_BRANCHES", Some("https://a/b.git=ma*in"))],
        "YUNXIAO_RUNNING_BRANCHES, `https://a/b.git`: must be the name of a branch or tag",
        "收到 `ma*in`",
    ),
    (&[("YUNXIAO_TAG", Some("refs/heads/main"))], "YUNXIAO_TAG: is a branch, not a tag", "是分支而不是标签"),
    (
        &[("YUNXIAO_TAG", Some("1.0")), ("YUNXIAO_BRANCH", Some("main"))],
        "YUNXIAO_TAG: is set together with YUNXIAO_BRANCH",
        "只能二选一",
    ),
    (
        &[("YUNXIAO_RUNNING_BRANCHES", Some("https://a/b.git=refs/pull/1/head"))],
        "YUNXIAO_RUNNING_BRANCHES, `https://a/b.git`: is the ref of a pull request",
        "合并请求的 ref",
    ),
    (
        &[
            ("YUNXIAO_RUNNING_BRANCHES", Some("https://a/b.git=main")),
            ("YUNXIAO_RUNNING_TAGS", Some("https://a/b.git=1.0")),
        ],
        "YUNXIAO_RUNNING_TAGS, `https://a/b.git`: has both a branch and a tag",
        "同时指定了分支和标签",
    ),
    // Credentials of other kinds
    (
        &[("PLUGIN_ACCESS_TOKEN", Some("pt-x"))],
        "YUNXIAO_ACCESS_KEY_ID: is set together with PLUGIN_ACCESS_TOKEN: use only one kind of credentials",
        "只能使用一种凭证",
    ),
    (
        &[("YUNXIAO_ROLE_TO_ASSUME", Some("acs:ram::1:role/r"))],
        "YUNXIAO_ROLE_TO_ASSUME: is set together with YUNXIAO_ACCESS_KEY_ID",
        "只能使用一种凭证",
    ),
    (
        &[("YUNXIAO_EDITION", Some("china"))],
        "YUNXIAO_EDITION: must be `central` or `region`",
        "必须是 `central` 或 `region`",
    ),
    (&[("YUNXIAO_EDITION", Some("region"))], "can be `region` only with an access token", "只能用于中心版"),
    (&[("YUNXIAO_STS_ENDPOINT", Some("https://sts.example.com"))], "must be an address of STS", "必须是 STS 的地址"),
    (
        &[("YUNXIAO_STS_ENDPOINT", Some("https://sts.oss-cn-hangzhou.aliyuncs.com"))],
        "must be an address of STS",
        "必须是 STS 的地址",
    ),
    (
        &[("YUNXIAO_STS_ENDPOINT", Some("https://sts.cn-beijing.aliyuncs.com:8443"))],
        "must be an address of STS",
        "必须是 STS 的地址",
    ),
    (&[("YUNXIAO_STS_ENDPOINT", Some("http://sts.aliyuncs.com"))], "must be https", "必须使用 https"),
    (&[("YUNXIAO_ROLE_SESSION_DURATION", Some("14m"))], "must be from `15m` to `12h`", "必须在 `15m` 到 `12h` 之间"),
    (&[("YUNXIAO_ROLE_SESSION_DURATION", Some("0"))], "must be from `15m` to `12h`", "必须在 `15m` 到 `12h` 之间"),
    (&[("YUNXIAO_ROLE_SESSION_NAME", Some("my job"))], "must have 2 to 64 letters", "2 到 64 个字母"),
    (&[("YUNXIAO_DRY_RUN", Some("maybe"))], "YUNXIAO_DRY_RUN: must be `true` or `false`", "必须是 `true` 或 `false`"),
    // Following
    (&[("INPUT_WAIT", Some("yes"))], "wait: must be `true` or `false`", "必须是 `true` 或 `false`"),
    (&[("YUNXIAO_QUEUE_TIMEOUT", Some("90"))], "YUNXIAO_QUEUE_TIMEOUT: needs a unit", "缺少单位"),
    (&[("YUNXIAO_TIMEOUT", Some("never"))], "YUNXIAO_TIMEOUT: must be a duration such as", "必须是时长"),
    (
        &[("YUNXIAO_ON_TIMEOUT", Some("fail"))],
        "YUNXIAO_ON_TIMEOUT: must be `stop` or `leave`",
        "必须是 `stop` 或 `leave`",
    ),
    (&[("YUNXIAO_ON_GATE", Some("pass"))], "must be `wait`, `succeed` or `fail`", "必须是 `wait`、`succeed` 或 `fail`"),
    (&[("YUNXIAO_LOGS", Some("true"))], "must be `none`, `failed` or `all`", "必须是 `none`、`failed` 或 `all`"),
    (
        &[("YUNXIAO_EXPECT_COMMIT", Some("1a2b3c4")), ("YUNXIAO_WAIT", Some("true"))],
        "YUNXIAO_EXPECT_COMMIT: must be a full commit id",
        "必须是完整的 commit id",
    ),
    (
        &[("YUNXIAO_EXPECT_COMMIT", Some("${{ github.sha }}")), ("YUNXIAO_WAIT", Some("true"))],
        "YUNXIAO_EXPECT_COMMIT: was not replaced",
        "没有被 CI 系统替换",
    ),
    // Wrong in two ways, it is named once.
    (
        &[("YUNXIAO_EXPECT_COMMIT", Some("1a2b3c4"))],
        "hexadecimal digits; got `1a2b3c4`; can only be checked if the run is followed",
        "收到 `1a2b3c4`；只有跟踪运行或通过卡点时才能检查",
    ),
    (
        &[("YUNXIAO_EXPECT_COMMIT", Some("0123456789abcdef0123456789abcdef01234567"))],
        "YUNXIAO_EXPECT_COMMIT: can only be checked if the run is followed",
        "只有跟踪运行或通过卡点时才能检查",
    ),
];

#[test]
fn each_bad_input_ends_with_exit_2_a_complaint_that_names_it_and_nothing_sent() {
    let (simulator, server) = service();
    for (changes, english, chinese) in ROWS {
        let ended = given(&server, changes).run();
        assert_eq!(ended.code, 2, "{changes:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(english), "{changes:?} should say {english:?}:\n{}", ended.stderr);
        assert!(ended.stderr.contains(chinese), "{changes:?} should say {chinese:?}:\n{}", ended.stderr);
        assert!(
            ended.stderr.contains("1 input is missing or wrong. Nothing was started or changed."),
            "{}",
            ended.stderr
        );
        assert_eq!(ended.stdout, "", "{changes:?}");
    }
    assert_eq!(server.connections(), 0);
    assert!(simulator.seen().is_empty());
}

#[test]
fn invalid_values_are_quoted_short_and_harmless_unless_they_may_be_secret() {
    let long = "x".repeat(100);
    for (name, value, said) in [
        ("YUNXIAO_MODE", "strat", "got `strat`"),
        ("YUNXIAO_MODE", &long, &format!("got `{}…`", "x".repeat(60))),
        ("YUNXIAO_MODE", "a\n::error::b\u{1b}[31m\u{200b}c", "got `a ::error::bc`"),
        ("YUNXIAO_TIMEOUT", "5M", "got `5M`"),
        ("YUNXIAO_TAG", "a b", "got `a b`"),
        // Made as credentials are.
        ("YUNXIAO_MODE", "LTAI5t8example8example", "got 22 characters: digits, letters"),
        ("YUNXIAO_ENDPOINT", "bob:word@host", "got 13 characters: letters, punctuation"),
        ("YUNXIAO_ENVS", "word", "got 4 characters: letters"),
        ("YUNXIAO_ACCESS_KEY_SECRET", "a word", "got 6 characters: letters, white space"),
        ("YUNXIAO_CA_CERTIFICATES", "-----BEGIN word", "got 15 characters: letters, punctuation, white space"),
    ] {
        let ended = Step::at("http://127.0.0.1:1").with(name, value).run();
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{name}={value} should say {said:?}:\n{}", ended.stderr);
        assert!(said.contains('`') || !ended.stderr.contains("word"), "{}", ended.stderr);
    }
}

#[test]
fn all_complaints_come_together() {
    let ended = Step::empty()
        .with("INPUT_PIPELINE-ID", "abc")
        .with("INPUT_ORGANIZATION_ID", "a b")
        .with("PLUGIN_ENVS", "x")
        .with("YUNXIAO_ENDPOINT", "host")
        .run();
    assert_eq!(ended.code, 2);
    let said = ended.stderr.split("有 ").next().unwrap();
    insta::assert_snapshot!(said, @r"
    error: 5 inputs are missing or wrong. Nothing was started or changed.
      access-token, access-key-id, role-to-assume: are all empty or not set: set a personal access token (`access-token`), an AccessKey (`access-key-id` and `access-key-secret`), or a RAM role (`role-to-assume` and `oidc-provider-arn`); if the CI system was supposed to set it, the secret's name may be misspelled, the job may come from a fork (forks get no secrets), or the variable may be protected while this branch isn't
      YUNXIAO_ENDPOINT: must be an address such as https://host or https://host:port; got `host`
      INPUT_ORGANIZATION_ID: must be the id in the address https://devops.aliyun.com/organization/<id>; got `a b`
      pipeline-id: must be a pipeline's number, or its page's address https://flow.aliyun.com/pipelines/<number>/current; got `abc`
      PLUGIN_ENVS: has no `=` in line 1; write one KEY=VALUE per line, or a JSON object for multi-line values; got 1 character: letters
    ");
}

#[test]
fn an_input_is_read_from_the_first_spelling_that_is_not_empty() {
    let spellings = ["INPUT_PIPELINE-ID", "INPUT_PIPELINE_ID", "PLUGIN_PIPELINE_ID", "YUNXIAO_PIPELINE_ID"];
    for (rank, spelling) in spellings.iter().enumerate() {
        let (simulator, server) = service();
        // Earlier spellings are empty, later ones name pipelines that do not exist.
        let step = spellings.iter().enumerate().fold(Step::at(&server.http_url()), |step, (other, name)| {
            step.with(name, if other < rank { "" } else { "999" })
        });
        let ended = step.with(spelling, " 123\n").run();
        assert_eq!(ended.code, 0, "{spelling}: {}", ended.stderr);
        assert_eq!(simulator.started()[0].pipeline, 123);
    }
}

#[test]
fn an_input_that_is_not_utf8_is_an_error_but_a_foreign_variable_is_not() {
    use std::os::unix::ffi::OsStringExt as _;
    let gbk = std::ffi::OsString::from_vec(vec![0xd6, 0xd0]);
    let folder = tempfile::tempdir().unwrap();
    let (_, server) = service();

    let ended = Step::at(&server.http_url()).command().env("YUNXIAO_ENVS", &gbk).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert!(String::from_utf8(ended.stderr).unwrap().contains("YUNXIAO_ENVS: is not UTF-8"));

    let ended = Step::at(&server.http_url()).command().env("YUNXIAO_BRANCH", &gbk).output().unwrap();
    assert_eq!(ended.status.code(), Some(2), "a branch that would be ignored is an error");

    // A spelling that does not count need not be readable.
    let step = Step::at(&server.http_url()).with("PLUGIN_COMMENT", "first");
    let ended = step.command().env("YUNXIAO_COMMENT", &gbk).output().unwrap();
    assert_eq!(ended.status.code(), Some(0));

    // What is read without being an input is one too.
    for variable in
        ["ALIBABA_CLOUD_YUNXIAO_ORGANIZATION_ID", "SSL_CERT_FILE", "HTTPS_PROXY", "YUNXIAO_ACCESS_TOKEN_FILE"]
    {
        let step = Step::at(&server.http_url()).without("YUNXIAO_ORGANIZATION_ID");
        let ended = step.command().env(variable, &gbk).output().unwrap();
        assert_eq!(ended.status.code(), Some(2), "{variable}");
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(said.contains(&format!("  {variable}: is not UTF-8")), "{said}");
    }

    // What only says where the run comes from is no reason not to start it.
    let step =
        Step::at(&server.http_url()).with("GITLAB_CI", "true").with("CI_PROJECT_DIR", folder.path().to_str().unwrap());
    let ended = step.command().env("GITLAB_USER_LOGIN", &gbk).output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains("GITLAB_USER_LOGIN is not UTF-8; ignored"), "{said}");

    let ended = Step::at(&server.http_url()).command().env("CI_COMMIT_TITLE", &gbk).output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
}

#[test]
fn only_an_input_without_effect_in_the_mode_gets_a_warning() {
    let inputs = [
        ("YUNXIAO_BRANCH", "main"),
        ("YUNXIAO_ENVS", "A=1"),
        ("YUNXIAO_COMMENT", "why"),
        ("YUNXIAO_PARAMS", "{}"),
        ("YUNXIAO_TIMEOUT", "1h"),
        ("YUNXIAO_LOGS", "all"),
        ("YUNXIAO_ON_CANCEL", "leave"),
        ("YUNXIAO_WAIT", "true"),
        ("YUNXIAO_RETRY_TIMEOUT", "1s"),
        ("YUNXIAO_AUDIENCE", "me"),
    ];
    for (mode, idle) in [
        (&[][..], &[][..]),
        (&[("YUNXIAO_WAIT", "false")], &["TIMEOUT", "LOGS"]),
        (&[("YUNXIAO_MODE", "follow")], &["BRANCH", "ENVS", "COMMENT", "PARAMS"]),
        (&[("YUNXIAO_MODE", "follow"), ("YUNXIAO_WAIT", "false")], &["BRANCH", "ENVS", "COMMENT", "PARAMS", "WAIT"]),
        (&[("YUNXIAO_MODE", "stop")], &["BRANCH", "ENVS", "COMMENT", "PARAMS", "TIMEOUT", "LOGS", "ON_CANCEL", "WAIT"]),
    ] {
        let run = mode.iter().any(|(_, value)| ["follow", "stop"].contains(value));
        let run = run.then_some(("YUNXIAO_PIPELINE_RUN_ID", "1"));
        let always = [
            ("YUNXIAO_ACCESS_KEY_ID", "id"),
            ("YUNXIAO_ACCESS_KEY_SECRET", "secret"),
            ("YUNXIAO_ORGANIZATION_ID", "org"),
            ("YUNXIAO_PIPELINE_ID", "1"),
        ];
        let all = always.into_iter().chain(inputs).chain(mode.iter().copied()).chain(run);
        let checked =
            Settings::read(&*detect(&Environment::new(all), false), &|_| Err(std::io::ErrorKind::NotFound.into()));
        assert!(checked.settings.is_ok(), "{mode:?}");
        let mut named: Vec<_> =
            checked.warnings.iter().map(|warning| warning.english.split(' ').next().unwrap().to_owned()).collect();
        named.sort();
        let mut expected: Vec<_> = idle.iter().map(|name| format!("YUNXIAO_{name}")).collect();
        expected.sort();
        assert_eq!(named, expected, "{mode:?}");
    }
}

#[test]
fn a_name_that_is_nearly_an_input_gets_a_warning_with_no_value_in_it() {
    let (_, server) = service();
    let ended = Step::at(&server.http_url())
        .with("YUNXIAO_PIPLINE_ID", "value-of-it")
        .with("INPUT_RUNNING-BRANCHS", "value-of-it")
        .with("INPUT_SOMETHING_ELSE", "value-of-it")
        .with("YUNXIAO_TAGS", "value-of-it")
        .with("YUNXIAO_ENV", "")
        .run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("warning: YUNXIAO_PIPLINE_ID is not an input; did you mean `pipeline-id`?"));
    assert!(ended.stderr.contains("INPUT_RUNNING-BRANCHS is not an input; did you mean `running-branches`?"));
    assert!(ended.stderr.contains("YUNXIAO_TAGS is not an input; did you mean `tag`?"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("SOMETHING_ELSE") && !ended.stderr.contains("YUNXIAO_ENV "));
    assert!(!ended.stderr.contains("value-of-it"));
}

#[test]
fn arguments_are_refused_except_for_help_and_version() {
    // As Jenkins, GitLab, GitHub's Kubernetes runners and GitLab's native steps open an image.
    const STEPS: [&str; 5] = ["/opt/gitlab-runner/gitlab-runner-helper", "steps", "serve", "sh", "-c"];
    let (simulator, server) = service();
    for arguments in [
        &["cat"][..],
        &["sh", "-c", "true"],
        &["tail", "-f", "/dev/null"],
        &STEPS,
        &["-c", ""],
        &["--help", "branch", "tag"],
        &[""],
    ] {
        let step = arguments.iter().fold(Step::at(&server.http_url()), |step, argument| step.argument(argument));
        let ended = step.run();
        assert_eq!(ended.code, 2);
        assert!(ended.stderr.contains("takes no arguments") && ended.stderr.contains("不接受命令行参数"));
        assert!(ended.stderr.contains("whose tag ends in `-shell`") && ended.stderr.contains("标签以 `-shell` 结尾"));
    }
    assert!(simulator.seen().is_empty());
    assert_eq!(
        Step::empty().argument("--version").run().stdout,
        format!("yunxiao-run {}\n", env!("CARGO_PKG_VERSION"))
    );
    let help = Step::empty().argument("--help").run();
    assert_eq!(help.code, 0);
    assert!(help.stdout.contains("YUNXIAO_PIPELINE_ID"));
}

#[test]
fn a_pipeline_can_be_given_by_its_url() {
    for address in [
        "https://flow.aliyun.com/pipelines/123/current",
        "https://flow.aliyun.com/pipelines/123",
        "https://flow.aliyun.com/pipelines/123?x=1",
        "https://flow.aliyun.com/pipelines/123/builds/7#log",
    ] {
        let (simulator, server) = service();
        let ended = Step::at(&server.http_url()).with("YUNXIAO_PIPELINE_ID", address).run();
        assert_eq!(ended.code, 0, "{address}: {}", ended.stderr);
        assert_eq!(simulator.started()[0].pipeline, 123);
    }
}

#[test]
fn another_ci_systems_pipeline_id_is_not_a_loop() {
    let (simulator, server) = service();
    let step = Step::at(&server.http_url()).with("PIPELINE_ID", "123");
    let folder = tempfile::tempdir().unwrap();
    let on_github = step.clone().with("PIPELINE_NAME", "mine").on_github(&folder.path().join("output"));
    for step in [step, on_github] {
        let ended = step.run();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
    assert_eq!(simulator.started().len(), 2);
}

#[test]
fn a_secret_file_has_at_most_64_kib() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    for (size, code) in [(65_536, 3), (65_537, 2)] {
        std::fs::write(&path, "s".repeat(size)).unwrap();
        let (_, server) = service();
        let step = Step::at(&server.http_url()).without("YUNXIAO_ACCESS_KEY_SECRET");
        let ended = step.with("YUNXIAO_ACCESS_KEY_SECRET_FILE", path.to_str().unwrap()).run();
        assert_eq!(ended.code, code, "{size}: {}", ended.stderr);
    }
}

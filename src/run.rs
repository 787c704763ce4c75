//! The job: starting a run. It knows of no HTTP.

mod comment;
pub mod start;

use crate::clock::Clock;
use crate::error::Error;
use crate::host::{Host, Outputs};
use crate::inputs::Settings;
use crate::random::Random;
use crate::text::{Text, text};
use crate::transport::Transport;
use crate::yunxiao::{Certainty, Flow, Started};

/// Starts the run that the settings ask for and writes the outputs, also those of a start that failed.
pub async fn run<T: Transport>(
    settings: Settings,
    transport: T,
    host: &dyn Host,
    outputs: &mut Outputs<'_>,
    clock: &Clock,
    random: &Random,
) -> Result<(), Error> {
    let mut params = settings.params;
    let marker = comment::marker(random);
    if !params.names_a_ref() {
        say(&text!("No ref is given: the pipeline's default branch runs", "未指定分支或标签：将运行流水线的默认分支"));
    }
    params.comment = Some(comment::comment(&settings.comment, &host.origin(), &marker));

    let flow = Flow {
        transport,
        endpoint: &settings.endpoint,
        access_key: &settings.access_key,
        algorithm: settings.algorithm,
        organization: &settings.organization,
        pipeline: settings.pipeline,
        clock,
        random,
    };
    let pipeline_url = format!("{}/pipelines/{}", settings.web_url, settings.pipeline);
    let outcome = start::start(&flow, &params, settings.retry_timeout).await;
    let Started { run, request_id } = outcome.map_err(|setback| {
        let (cause, host) = (setback.cause, settings.endpoint.host().to_owned());
        let error = if setback.certainty == Certainty::Unknown {
            Error::Unknown { cause, host, marker, runs_url: format!("{pipeline_url}/builds") }
        } else {
            Error::NotStarted { cause, host, has_security_token: settings.access_key.security_token.is_some() }
        };
        write_failure(outputs, random, &error);
        error
    })?;

    let url = format!("{pipeline_url}/builds/{run}");
    let outputs_of_start = [
        ("pipelineRunId", run.to_string()),
        ("pipelineRunUrl", url.clone()),
        ("requestId", request_id.unwrap_or_default()),
        ("status", "started".to_owned()),
    ];
    // The id goes to standard output even if the file can't be written: never lose a run.
    let written = outputs.write(random, &outputs_of_start);
    written.and(outputs.print(run)).map_err(|source| Error::OutputLost { run, url: url.clone(), source })?;
    let pipeline = settings.pipeline;
    say(&text!("Started run {run} of pipeline {pipeline}: {url}", "已触发流水线 {pipeline} 的运行 {run}：{url}"));
    say(&text!(
        "The run was started and not followed: this step says nothing about its result",
        "本步骤只触发运行，不跟踪：它不说明运行的结果"
    ));
    Ok(())
}

/// The outputs of a start that brought no run: later steps read them too. That they can't be written is said, but what
/// happened to the run matters more.
fn write_failure(outputs: &mut Outputs<'_>, random: &Random, error: &Error) {
    let outputs_of_failure = [
        ("pipelineRunId", String::new()),
        ("pipelineRunUrl", String::new()),
        ("requestId", error.request_id().unwrap_or_default().to_owned()),
        ("status", error.status().to_owned()),
    ];
    let written = outputs.write(random, &outputs_of_failure);
    if let Err(source) = written {
        let kind = source.kind();
        tracing::warn!("{}", text!("The outputs could not be written ({kind})", "输出未能写入（{kind}）"));
    }
}

/// Says one thing worth knowing.
pub(crate) fn say(text: &Text) {
    tracing::info!("{}", text.in_one_line());
}

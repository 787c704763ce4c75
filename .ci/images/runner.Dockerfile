# Where act and gitlab-ci-local run jobs: bash for the one, git and rsync for the other, curl for what a job downloads.
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends curl git rsync \
 && rm -rf /var/lib/apt/lists/*

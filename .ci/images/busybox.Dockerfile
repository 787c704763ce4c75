# Stands in for busybox where no registry answers.
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE} AS debian
RUN apt-get update && apt-get install --yes --no-install-recommends busybox-static

FROM scratch
COPY --from=debian /bin/busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
CMD ["sh"]

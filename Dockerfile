# hub in a container: `docker build -t hub .`, then in a site `docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/site" -e HUB_SECRET hub build`.
# Two images: `hub`, the last, has the commands that targets of `hub publish` use (git, rsync, ssh);
# `--target static` has the program alone.

FROM rust:1.95-alpine AS build
# The versions of Alpine's packages go with the base image; old ones are not kept on its servers.
# hadolint ignore=DL3018
RUN apk add --no-cache build-base
WORKDIR /src
COPY . .
# On Alpine the target is musl, so the program is static.
RUN cargo build --profile dist --locked --bin hub && mv target/dist/hub /usr/local/bin/hub && rm -rf target

FROM gcr.io/distroless/static-debian12:nonroot AS static
COPY --from=build /usr/local/bin/hub /usr/local/bin/hub
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/hub/
USER 65532:65532
WORKDIR /site
ENTRYPOINT ["/usr/local/bin/hub"]
CMD ["--help"]

FROM alpine:3.22 AS hub
# hadolint ignore=DL3018
RUN apk add --no-cache ca-certificates git openssh-client-default rsync \
    && adduser -D -u 65532 hub \
    && git config --system --add safe.directory /site
COPY --from=build /usr/local/bin/hub /usr/local/bin/hub
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/hub/
USER 65532:65532
WORKDIR /site
ENTRYPOINT ["/usr/local/bin/hub"]
CMD ["--help"]

# syntax=docker/dockerfile:1

# Builds the program. The C compiler that the crypto library needs comes with the image.
FROM rust:1.95-bookworm AS builder
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin doorward \
    && install -D target/release/doorward /image/usr/bin/doorward

# Puts together a file system with the program, the libraries it names, the public certificate authorities and nothing
# else: no shell, no package manager.
RUN set -eu; \
    ldd /image/usr/bin/doorward | grep -o '/[^ ]*' | while read -r library; do \
        install -D "$(readlink -f "$library")" "/image$library"; \
    done; \
    install -D -m 0644 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt; \
    echo 'doorward:x:65532:65532:Doorward:/var/lib/doorward:/sbin/nologin' > /image/etc/passwd; \
    echo 'doorward:x:65532:' > /image/etc/group; \
    echo 'hosts: files dns' > /image/etc/nsswitch.conf; \
    install -d -m 1777 /image/tmp; \
    install -d -m 0700 -o 65532 -g 65532 /image/var/lib/doorward /image/run/doorward; \
    install -d /image/etc/doorward /image/usr/share/doc/doorward; \
    install -m 0644 LICENSE-MIT LICENSE-APACHE /image/usr/share/doc/doorward/

FROM scratch
LABEL org.opencontainers.image.title="Doorward" \
      org.opencontainers.image.description="Single sign-on for an application that has none: an OpenID Connect broker and reverse proxy from one file" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=builder /image /
COPY --from=builder --chown=65532:65532 /image/var/lib/doorward /var/lib/doorward
COPY --from=builder --chown=65532:65532 /image/run/doorward /run/doorward

USER 65532:65532
WORKDIR /var/lib/doorward
# Relative paths belong to the folder of the configuration file, which is read-only here.
ENV DOORWARD_CONFIG=/etc/doorward/doorward.toml \
    DOORWARD__STORE__PATH=/var/lib/doorward/data \
    DOORWARD__ADMIN__SOCKET=/run/doorward/admin.sock
VOLUME ["/var/lib/doorward"]
EXPOSE 8443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["/usr/bin/doorward", "health"]
ENTRYPOINT ["/usr/bin/doorward"]
CMD ["run"]

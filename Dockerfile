# An image with psdl and nothing else: docker build -t psdl . && docker run --rm -v "$PWD:/work:ro" psdl scan k8s/
FROM debian:12-slim AS build
WORKDIR /psdl
COPY . .
RUN scripts/setup && scripts/static

FROM scratch
COPY --from=build /psdl/build/static/psdl /psdl
COPY --from=build /psdl/LICENSE /LICENSE
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["/psdl"]
CMD ["--help"]

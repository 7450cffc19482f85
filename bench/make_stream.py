#!/usr/bin/env python3
"""Writes a stream of pods of about the size asked for, for the measurements of docs/performance.md, "Reading".

    bench/make_stream.py --form stream|list --format yaml|json --bytes 200000000 > big.yaml

In: nothing but the options. Out: `stream` is a document a pod; `list` is what `kubectl get pods -A` prints, its kind behind its items. One pod in a
thousand uses the host's network.
"""

import argparse
import json
import sys

POD_YAML = """\
apiVersion: v1
kind: Pod
metadata:
  annotations:
    checksum/config: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  labels:
    app.kubernetes.io/name: web
    app.kubernetes.io/part-of: shop
    pod-template-hash: 5d9c7bd6c5
  name: web-%(number)d
  namespace: shop-%(namespace)d
spec:
  containers:
  - args: ["--listen", ":8080", '--name=web']
    env:
    - name: LOG_LEVEL
      value: info
    - name: REGION
      value: "eu-1"
    image: registry.example/shop/web:1.27.%(number)d
    name: app
    ports:
    - containerPort: 8080
      protocol: TCP
    resources:
      limits: {cpu: 500m, memory: 256Mi}
      requests: {cpu: 100m, memory: 128Mi}
    securityContext:
      allowPrivilegeEscalation: false
      capabilities:
        drop:
        - ALL
      runAsNonRoot: true
    volumeMounts:
    - mountPath: /etc/web
      name: config
      readOnly: true
  - command:
    - /bin/sh
    - -c
    - |
      while true; do
        tail -f /var/log/web.log
      done
    image: registry.example/shop/tail:2
    name: log-tail
  hostNetwork: %(host)s
  restartPolicy: Always
  serviceAccountName: web
  volumes:
  - configMap:
      name: web-config
    name: config
status:
  phase: Running
  podIP: 10.0.%(namespace)d.7
"""


def pod_yaml(number):
    host = "true" if number % 1000 == 999 else "false"
    return POD_YAML % {"number": number, "namespace": number % 50, "host": host}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--form", choices=["stream", "list"], required=True)
    parser.add_argument("--format", choices=["yaml", "json"], required=True)
    parser.add_argument("--bytes", type=int, required=True)
    options = parser.parse_args()
    out = sys.stdout
    written = 0
    number = 0
    template = None
    if options.format == "json":
        import yaml  # only here: YAML is written without it

        template = yaml.safe_load(pod_yaml(0))

    def write(text):
        nonlocal written
        out.write(text)
        written += len(text)

    is_list = options.form == "list"
    if is_list:
        write('{\n    "apiVersion": "v1",\n    "items": [' if template else "apiVersion: v1\nitems:\n")
    while written < options.bytes:
        if template:
            template["metadata"]["name"] = f"web-{number}"
            template["spec"]["hostNetwork"] = number % 1000 == 999
            text = json.dumps(template, indent=4)
            if is_list:
                text = ("," if number else "") + "\n        " + text.replace("\n", "\n        ")
            else:
                text += "\n"
        elif is_list:
            text = "- " + pod_yaml(number).replace("\n", "\n  ")[:-2]
        else:
            text = ("---\n" if number else "") + pod_yaml(number)
        write(text)
        number += 1
    if is_list:
        write(
            '\n    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n'
            if template
            else 'kind: List\nmetadata:\n  resourceVersion: ""\n'
        )
    out.flush()


if __name__ == "__main__":
    main()

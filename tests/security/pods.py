"""Pods for cases: one that restricted allows, and what is put into it. Names in the `python` of a case."""

import copy
import json

GOOD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "labels": {"app": "web"}, "annotations": {"note": "none"}},
    "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "app",
                "image": "nginx",
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
    },
}

# Where each kind has its pod template.
TEMPLATES = {
    "PodTemplate": ("v1", ["template"]),
    "ReplicationController": ("v1", ["spec", "template"]),
    "ReplicaSet": ("apps/v1", ["spec", "template"]),
    "Deployment": ("apps/v1", ["spec", "template"]),
    "StatefulSet": ("apps/v1", ["spec", "template"]),
    "DaemonSet": ("apps/v1", ["spec", "template"]),
    "Job": ("batch/v1", ["spec", "template"]),
    "CronJob": ("batch/v1", ["spec", "jobTemplate", "spec", "template"]),
}


def merged(into, changes):
    """`into` with the maps of `changes` put in; None takes a key out."""
    made = copy.deepcopy(into)
    for key, value in changes.items():
        if value is None:
            made.pop(key, None)
        elif isinstance(value, dict) and isinstance(made.get(key), dict):
            made[key] = merged(made[key], value)
        else:
            made[key] = copy.deepcopy(value)
    return made


def pod(spec=None, metadata=None):
    """The good pod, changed."""
    return merged(GOOD, {"spec": spec or {}, "metadata": metadata or {}})


def with_container(fields, where="containers", count=1, spec=None):
    """The good pod, the last of `count` containers of the list `where` being changed."""
    made = pod(spec)
    good = made["spec"]["containers"][0]
    items = [merged(good, {"name": f"{where.lower()}-{i}"}) for i in range(count)]
    items[-1] = merged(items[-1], fields)
    made["spec"][where] = items
    return made


def inside(kind, made):
    """The pod as the template of a workload."""
    version, path = TEMPLATES[kind]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": made["spec"]}
    for step in reversed(path):
        template = {step: template}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "web"}, **template}


def text(*documents):
    """As a stream of JSON documents, which are YAML too."""
    return "\n---\n".join(json.dumps(one, indent=1) for one in documents) + "\n"

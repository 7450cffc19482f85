"""Workloads of all nine kinds in which every field that a check of the standards reads is changed in every way.

In: a seed and a number. Out: objects, the same for the same seed: first each value of each field alone, in the pod and
in each list of containers; then `count` random mixtures. Values are of the type that the API declares, as an object with
another is an error and no verdict.
"""

import copy
import itertools
import random

ABSENT = object()

LISTS = ("initContainers", "containers", "ephemeralContainers")
KINDS = {
    "Pod": ("v1", lambda pod: pod),
    "PodTemplate": ("v1", lambda pod: {"template": pod}),
    "ReplicationController": ("v1", lambda pod: {"spec": {"template": pod}}),
    "ReplicaSet": ("apps/v1", lambda pod: {"spec": {"template": pod}}),
    "Deployment": ("apps/v1", lambda pod: {"spec": {"template": pod}}),
    "StatefulSet": ("apps/v1", lambda pod: {"spec": {"template": pod}}),
    "DaemonSet": ("apps/v1", lambda pod: {"spec": {"template": pod}}),
    "Job": ("batch/v1", lambda pod: {"spec": {"template": pod}}),
    "CronJob": ("batch/v1", lambda pod: {"spec": {"jobTemplate": {"spec": {"template": pod}}}}),
}

FLAG = (ABSENT, None, False, True)
NUMBER = (ABSENT, None, 0, 1, -1, 1000)
PROFILE = (
    *(ABSENT, None, {}, {"type": None}, {"type": ""}, {"type": "Unconfined"}, {"type": "runtimedefault"}),
    *(
        {"type": "RuntimeDefault"}, {"type": "Localhost"}, {"type": "Localhost", "localhostProfile": "x"},
        {"localhostProfile": "x"},
    ),
)
SELINUX = (
    *(
        ABSENT, None, {}, {"level": "s0:c1,c2"}, {"type": None, "user": None, "role": None},
        {"type": "", "user": "", "role": ""},
    ),
    *({"type": type} for type in ("container_t", "container_init_t", "container_kvm_t", "container_engine_t")),
    *({"type": type} for type in ("spc_t", "Container_t")),
    *({"user": "root"}, {"role": "sysadm"}, {"type": "b", "user": "u", "role": "r"}, {"type": "a", "role": "r"}),
)
WINDOWS = (
    ABSENT, None, {}, {"hostProcess": None}, {"hostProcess": False}, {"hostProcess": True}, {"runAsUserName": "x"},
)
USUAL = [
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
]
ADDED = (
    *(
        ABSENT, None, [], [None], [""], ["ALL"], ["NET_RAW"], ["SYS_ADMIN", "NET_RAW", "SYS_ADMIN"], ["chown"],
        ["CAP_CHOWN"], ["\u00e9", 'a"b'],
    ),
    *([name] for name in USUAL),
    USUAL,
)
DROPPED = (ABSENT, None, [], [None], ["all"], ["ALL"], ["NET_RAW", "ALL"], ["CAP_ALL"], USUAL)
HANDLER = (
    *(
        ABSENT, None, {}, {"exec": {"command": ["x"]}}, {"httpGet": None}, {"httpGet": {}}, {"tcpSocket": {}},
        {"httpGet": {"host": None, "port": 80}},
    ),
    *({"httpGet": {"host": host, "port": 80}} for host in ("", "localhost", "127.0.0.1", "::1", "b.example")),
    *({"tcpSocket": {"host": host, "port": 80}} for host in (None, "", "a.example")),
    {"httpGet": {"host": "x", "port": 80}, "tcpSocket": {"host": "y", "port": 80}},
)
PORTS = (
    *(
        ABSENT, None, [], [None], [{}], [{"hostPort": None}], [{"hostPort": 0, "containerPort": 8080}],
        [{"containerPort": 80}],
    ),
    *(
        [{"hostPort": 80}], [{"hostPort": -1}], [{"hostPort": 80, "containerPort": 9}, {"hostPort": 9}],
        [{"hostPort": 100}, {"hostPort": 20}, {"hostPort": 20}],
    ),
    [{"containerPort": 0}, {"containerPort": 65535}],
)

# Below a container, and below the pod's spec.
SECURITY = {
    "privileged": FLAG,
    "allowPrivilegeEscalation": FLAG,
    "runAsNonRoot": FLAG,
    "runAsUser": NUMBER,
    "procMount": (ABSENT, None, "", "Default", "default", "Unmasked", "other"),
    "appArmorProfile": PROFILE,
    "seccompProfile": PROFILE,
    "seLinuxOptions": SELINUX,
    "windowsOptions": WINDOWS,
    "capabilities": (ABSENT, None, {}),
    "capabilities/add": ADDED,
    "capabilities/drop": DROPPED,
}
CONTAINER = {
    "": (None, {}),
    "name": (ABSENT, None, "", "a", "app", 'quote " \u00e9'),
    "securityContext": (ABSENT, None, {}),
    **{"securityContext/" + name: values for name, values in SECURITY.items()},
    "ports": PORTS,
    "livenessProbe": HANDLER,
    "readinessProbe": HANDLER,
    "startupProbe": HANDLER,
    "lifecycle": (ABSENT, None, {}),
    "lifecycle/postStart": HANDLER,
    "lifecycle/preStop": HANDLER,
}
ALLOWED_SOURCES = (
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected",
    "secret",
)
OTHER_SOURCES = (
    *(
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd",
        "flexVolume", "cinder", "cephfs",
    ),
    *(
        "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk",
        "portworxVolume", "scaleIO", "storageos",
    ),
)
SYSCTLS = (
    *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range"),
    *(
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
    ),
    *("net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
    *(
        "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat", "kernel.msgmax", "kernel/shm_rmid_forced",
        "",
    ),
)
ARMOR = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP = ("seccomp.security.alpha.kubernetes.io/pod", "container.seccomp.security.alpha.kubernetes.io/")
TEXTS = (
    None, "", "unconfined", "runtime/default", "docker/default", "localhost/", "localhost/x", "Localhost/x",
    'a"b\\c\n\t\x07\x7f\u00a0\u00e9\U0001f600',
)
POD = {
    "hostNetwork": FLAG,
    "hostPID": FLAG,
    "hostIPC": FLAG,
    "hostUsers": FLAG,
    "os": (ABSENT, None, {}, *({"name": name} for name in (None, "", "linux", "windows", "Windows"))),
    "securityContext": (ABSENT, None, {}),
    **{
        "securityContext/" + name: values
        for name, values in SECURITY.items()
        if name in ("runAsNonRoot", "runAsUser", "appArmorProfile", "seccompProfile", "seLinuxOptions", "windowsOptions")
    },
    "securityContext/sysctls": (
        ABSENT, None, [], [None], [{}], *([{"name": name, "value": "1"}] for name in SYSCTLS),
        [{"name": name} for name in reversed(SYSCTLS)],
    ),
    "volumes": (
        *(
            ABSENT, None, [], [None], [{}], [{"name": "a"}], [{"name": None, "hostPath": None}],
            [{"name": "a", "unheardOf": {}}],
        ),
        *([{"name": "v", source: {}}] for source in ALLOWED_SOURCES + OTHER_SOURCES),
        *([{"name": "v", source: None}] for source in ("emptyDir", "hostPath", "nfs")),
        [{"name": "v", "hostPath": {"path": "/"}, "emptyDir": {}}],
        [{"name": "a", "hostPath": {"path": "/"}}, {"name": "b", "hostPath": {"path": "/"}}],
        [
            {"name": "h", "nfs": {}, "hostPath": {}}, {"name": "n", "nfs": {}}, {"name": "ok", "emptyDir": {}},
            {"name": "none"},
        ],
    ),
    **{name: (ABSENT, None, [], [None], [{}], [{"name": "a"}, {"name": "a"}]) for name in LISTS},
}
METADATA = {
    "annotations": (
        *(ABSENT, None, {}, {"other": "unconfined"}),
        *({ARMOR + name: text} for name in ("", "app", "nobody") for text in TEXTS),
        {ARMOR + "b": "bad", ARMOR + "a": "unconfined", ARMOR + "c": "localhost/x"},
        *({key: text} for key in (SECCOMP[0], SECCOMP[1], SECCOMP[1] + "app", SECCOMP[1] + "nobody") for text in TEXTS),
        {SECCOMP[0]: "unconfined", SECCOMP[1] + "app": "", SECCOMP[1] + "debug": "x"},
    ),
}


def container(name):
    """One that keeps restricted."""
    return {
        "name": name,
        "image": "registry.example/app",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
            "capabilities": {"drop": ["ALL"]},
        },
    }


def pod():
    return {
        "metadata": {},
        "spec": {
            "initContainers": [container("init")], "containers": [container("app"), container("side")],
            "ephemeralContainers": [container("debug")],
        },
    }


def put(holder, path, value):
    """Sets, or with ABSENT takes away, what stands under the path; what is in its way becomes an object."""
    *above, last = path.split("/")
    for name in above:
        if not isinstance(holder.get(name), dict):
            holder[name] = {}
        holder = holder[name]
    if value is ABSENT:
        holder.pop(last, None)
    else:
        holder[last] = copy.deepcopy(value)


def change_container(made, list_name, index, path, value):
    containers = made["spec"].get(list_name)
    if not isinstance(containers, list) or index >= len(containers):
        return
    if path == "":
        containers[index] = copy.deepcopy(value)
    elif isinstance(containers[index], dict):
        put(containers[index], path, value)


def workload(kind, made, name):
    version, wrap = KINDS[kind]
    content = wrap(made)
    return {
        "apiVersion": version, "kind": kind, **content, "metadata": {**(content.get("metadata") or {}), "name": name},
    }


def one_at_a_time():
    """Each value of each field alone, in pods of which each second leaves to the pod what can be left to it."""
    for leaves in (False, True):
        base = pod()
        if leaves:
            base["spec"]["securityContext"] = {"runAsNonRoot": True, "seccompProfile": {"type": "Localhost"}}
            for name in LISTS:
                for one in base["spec"][name]:
                    del one["securityContext"]["runAsNonRoot"], one["securityContext"]["seccompProfile"]
        for part, fields in (("spec", POD), ("metadata", METADATA)):
            for path, values in fields.items():
                for value in values:
                    made = copy.deepcopy(base)
                    put(made[part], path, value)
                    yield made
        for list_name, (path, values) in itertools.product(LISTS, CONTAINER.items()):
            for value in values:
                made = copy.deepcopy(base)
                change_container(made, list_name, 0, path, value)
                yield made


def mixture(random_):
    made = pod()
    for _ in range(random_.choice((1, 2, 3, 5, 8, 13))):
        where = random_.random()
        if where < 0.4:
            path = random_.choice(list(POD))
            put(made["spec"], path, random_.choice(POD[path]))
        elif where < 0.45:
            put(made["metadata"], "annotations", random_.choice(METADATA["annotations"]))
        else:
            path = random_.choice(list(CONTAINER))
            change_container(made, random_.choice(LISTS), random_.randrange(2), path, random_.choice(CONTAINER[path]))
    return made


def objects(seed, count):
    random_ = random.Random(seed)
    kinds = itertools.cycle(KINDS)
    made = itertools.chain(one_at_a_time(), (mixture(random_) for _ in range(count)))
    return [workload(next(kinds), one, f"w{number}") for number, one in enumerate(made)]

#include <criterion/criterion.h>

#include <string.h>

#include "base/json.h"
#include "kube/status.h"

static struct arena memory;

static void clean(void)
{
    arena_free(&memory);
}

TestSuite(kube_status, .fini = clean);

// JSON with single quotes, for reading.
static struct value *object(const char *text)
{
    char *json = arena_dup(&memory, text);
    error_local(err);
    for (char *p = json; *p; p++)
        if (*p == '\'')
            *p = '"';
    struct value *v = json_parse(&memory, json, strlen(json), &err);
    cr_assert(v, "%s in %s", error_text(&err), text);
    return v;
}

// One row a rule of `kubectl wait --for=condition=Ready[=status]`.
Test(kube_status, conditions)
{
    static const struct {
        const char *rule, *object, *status, *says; // says NULL: met
    } rules[] = {
        {"met", "{'status':{'conditions':[{'type':'Ready','status':'True'}]}}", NULL, NULL},
        {"type and status without case",
         "{'status':{'conditions':[{'type':'READY','status':'true'}]}}", "TRUE", NULL},
        {"another status can be asked for",
         "{'status':{'conditions':[{'type':'Ready','status':'Unknown'}]}}", "Unknown", NULL},
        {"not met, with its reason and message",
         "{'status':{'conditions':[{'type':'Ready','status':'False','reason':'DoesNotExist',"
         "'message':'no Secret'}]}}",
         NULL, "Ready is False (DoesNotExist: no Secret)"},
        {"no status at all", "{'metadata':{'generation':1}}", NULL,
         "there is no condition Ready yet"},
        {"conditions of other types",
         "{'status':{'conditions':[{'type':'Issuing','status':'True'}]}}", NULL,
         "there is no condition Ready yet"},
        {"one without a status is passed over",
         "{'status':{'conditions':[{'type':'Ready'},{'type':'Ready','status':'True'}]}}", NULL,
         NULL},
        {"conditions that are no list", "{'status':{'conditions':'x'}}", NULL,
         "there is no condition Ready yet"},
        {"the condition's observedGeneration is behind",
         "{'metadata':{'generation':3},'status':{'observedGeneration':3,'conditions':[{'type':'"
         "Ready',"
         "'status':'True','observedGeneration':2}]}}",
         NULL, "Ready was last judged for generation 2, and the object is at 3"},
        {"the condition's observedGeneration beats the status'",
         "{'metadata':{'generation':3},'status':{'observedGeneration':2,'conditions':[{'type':'"
         "Ready',"
         "'status':'True','observedGeneration':3}]}}",
         NULL, NULL},
        {"the status' observedGeneration is behind",
         "{'metadata':{'generation':3},'status':{'observedGeneration':2,'conditions':[{'type':'"
         "Ready',"
         "'status':'True'}]}}",
         NULL, "Ready was last judged for generation 2"},
        {"no observedGeneration anywhere",
         "{'metadata':{'generation':3},'status':{'conditions':[{'type':'Ready','status':'True'}]}}",
         NULL, NULL},
        {"no generation",
         "{'status':{'observedGeneration':2,'conditions':[{'type':'Ready','status':'True'}]}}",
         NULL, NULL},
        {"a stale condition is not met whatever status is asked for",
         "{'metadata':{'generation':2},'status':{'observedGeneration':1,'conditions':[{'type':'"
         "Ready',"
         "'status':'False'}]}}",
         "False", "Ready was last judged for generation 1"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        error_local(why);
        bool met = kube_condition_met(object(rules[i].object), "Ready", rules[i].status, &why);
        cr_assert_eq(met, rules[i].says == NULL, "%s: %s", rules[i].rule, error_text(&why));
        if (rules[i].says)
            cr_assert(strstr(error_text(&why), rules[i].says), "%s: %s", rules[i].rule,
                      error_text(&why));
    }
    cr_assert(!kube_condition_met(NULL, "Ready", NULL, NULL));
}

// One row a rule of `kubectl rollout status`.
Test(kube_status, rollouts)
{
    enum { W = KUBE_ROLLOUT_WAITING, D = KUBE_ROLLOUT_DONE, F = KUBE_ROLLOUT_FAILED };
#define DEPLOYMENT(generation, spec, status)                                                       \
    "{'kind':'Deployment','metadata':{'name':'web','generation':" generation "},'spec':{" spec     \
    "},'status':{" status "}}"
#define DAEMONSET(strategy, status)                                                                \
    "{'kind':'DaemonSet','metadata':{'name':'agent','generation':2},'spec':{'updateStrategy':{'"   \
    "type':'" strategy "'}},'status':{" status "}}"
#define STATEFULSET(spec, status)                                                                  \
    "{'kind':'StatefulSet','metadata':{'name':'db','generation':2},'spec':{" spec                  \
    "},'status':{" status "}}"
#define ROLLING "'updateStrategy':{'type':'RollingUpdate'}"
    static const struct {
        const char *rule, *object;
        int outcome;
        const char *says;
    } rules[] = {
        {"not observed yet", DEPLOYMENT("2", "'replicas':3", "'observedGeneration':1"), W,
         "Waiting for deployment spec update to be observed..."},
        {"no status yet", DEPLOYMENT("1", "'replicas':3", ""), W,
         "Waiting for deployment spec update to be observed..."},
        {"an unobserved change hides an old deadline",
         DEPLOYMENT("2", "'replicas':3",
                    "'observedGeneration':1,'conditions':[{'type':'Progressing','status':'False',"
                    "'reason':'ProgressDeadlineExceeded'}]"),
         W, "Waiting for deployment spec update to be observed..."},
        {"deadline exceeded",
         DEPLOYMENT("2", "'replicas':3",
                    "'observedGeneration':2,'replicas':3,'updatedReplicas':3,'availableReplicas':3,"
                    "'conditions':[{'type':'Progressing','status':'False','reason':"
                    "'ProgressDeadlineExceeded'}]"),
         F, "deployment \"web\" exceeded its progress deadline"},
        {"too few updated",
         DEPLOYMENT("2", "'replicas':3", "'observedGeneration':2,'replicas':4,'updatedReplicas':1"),
         W,
         "Waiting for deployment \"web\" rollout to finish: 1 out of 3 new replicas have been "
         "updated..."},
        {"old ones left",
         DEPLOYMENT("2", "'replicas':3", "'observedGeneration':2,'replicas':4,'updatedReplicas':3"),
         W,
         "Waiting for deployment \"web\" rollout to finish: 1 old replicas are pending "
         "termination..."},
        {"not all available",
         DEPLOYMENT(
             "2", "'replicas':3",
             "'observedGeneration':2,'replicas':3,'updatedReplicas':3,'availableReplicas':2"),
         W,
         "Waiting for deployment \"web\" rollout to finish: 2 of 3 updated replicas are "
         "available..."},
        {"done",
         DEPLOYMENT(
             "2", "'replicas':3",
             "'observedGeneration':2,'replicas':3,'updatedReplicas':3,'availableReplicas':3"),
         D, "deployment \"web\" successfully rolled out"},
        {"scaled to nothing", DEPLOYMENT("2", "'replicas':0", "'observedGeneration':2"), D,
         "deployment \"web\" successfully rolled out"},
        {"no replicas in the spec",
         DEPLOYMENT("2", "",
                    "'observedGeneration':2,'replicas':1,'updatedReplicas':1,"
                    "'availableReplicas':1"),
         D, "deployment \"web\" successfully rolled out"},
        {"observed is ahead", DEPLOYMENT("2", "'replicas':0", "'observedGeneration':3"), D,
         "deployment \"web\" successfully rolled out"},
        {"being deleted",
         "{'kind':'Deployment','metadata':{'name':'web','deletionTimestamp':'2026-01-01T00:00:00Z'}"
         "}",
         F, "Deployment \"web\" is being deleted"},

        {"DaemonSet: only rolling updates", DAEMONSET("OnDelete", "'observedGeneration':2"), F,
         "rollout status is only available for RollingUpdate strategy type"},
        {"DaemonSet: not observed", DAEMONSET("RollingUpdate", "'observedGeneration':1"), W,
         "Waiting for daemon set spec update to be observed..."},
        {"DaemonSet: too few updated",
         DAEMONSET("RollingUpdate", "'observedGeneration':2,'desiredNumberScheduled':5,"
                                    "'updatedNumberScheduled':2,'numberAvailable':5"),
         W,
         "Waiting for daemon set \"agent\" rollout to finish: 2 out of 5 new pods have been "
         "updated..."},
        {"DaemonSet: not all available",
         DAEMONSET("RollingUpdate", "'observedGeneration':2,'desiredNumberScheduled':5,"
                                    "'updatedNumberScheduled':5,'numberAvailable':4"),
         W,
         "Waiting for daemon set \"agent\" rollout to finish: 4 of 5 updated pods are "
         "available..."},
        {"DaemonSet: done",
         DAEMONSET("RollingUpdate", "'observedGeneration':2,'desiredNumberScheduled':5,"
                                    "'updatedNumberScheduled':5,'numberAvailable':5"),
         D, "daemon set \"agent\" successfully rolled out"},

        {"StatefulSet: only rolling updates",
         STATEFULSET("'updateStrategy':{'type':'OnDelete'}", "'observedGeneration':2"), F,
         "rollout status is only available for RollingUpdate strategy type"},
        {"StatefulSet: never observed", STATEFULSET(ROLLING, "'observedGeneration':0"), W,
         "Waiting for statefulset spec update to be observed..."},
        {"StatefulSet: observed is behind", STATEFULSET(ROLLING, "'observedGeneration':1"), W,
         "Waiting for statefulset spec update to be observed..."},
        {"StatefulSet: too few ready",
         STATEFULSET("'replicas':3," ROLLING, "'observedGeneration':2,'readyReplicas':1"), W,
         "Waiting for 2 pods to be ready..."},
        {"StatefulSet: partition not reached",
         STATEFULSET("'replicas':5,'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{"
                     "'partition':2}}",
                     "'observedGeneration':2,'readyReplicas':5,'updatedReplicas':1"),
         W, "Waiting for partitioned roll out to finish: 1 out of 3 new pods have been updated..."},
        {"StatefulSet: partition reached",
         STATEFULSET(
             "'replicas':5,'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{"
             "'partition':2}}",
             "'observedGeneration':2,'readyReplicas':5,'updatedReplicas':3,'updateRevision':'b',"
             "'currentRevision':'a'"),
         D, "partitioned roll out complete: 3 new pods have been updated..."},
        {"StatefulSet: a partition of nothing is one, as the server writes it by itself",
         STATEFULSET("'replicas':3,'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{"
                     "'partition':0}}",
                     "'observedGeneration':2,'readyReplicas':3,'updatedReplicas':2"),
         W, "Waiting for partitioned roll out to finish: 2 out of 3 new pods have been updated..."},
        {"StatefulSet: a rolling update without a partition",
         STATEFULSET("'replicas':3,'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{}}",
                     "'observedGeneration':2,'readyReplicas':3,'updatedReplicas':2"),
         D, "partitioned roll out complete: 2 new pods have been updated..."},
        {"StatefulSet: revisions differ",
         STATEFULSET("'replicas':3," ROLLING,
                     "'observedGeneration':2,'readyReplicas':3,'updatedReplicas':1,"
                     "'updateRevision':'db-b','currentRevision':'db-a'"),
         W, "waiting for statefulset rolling update to complete 1 pods at revision db-b..."},
        {"StatefulSet: done",
         STATEFULSET(
             "'replicas':3," ROLLING,
             "'observedGeneration':2,'readyReplicas':3,'updatedReplicas':3,'currentReplicas':3,"
             "'updateRevision':'db-b','currentRevision':'db-b'"),
         D, "statefulset rolling update complete 3 pods at revision db-b..."},

        {"DaemonSet: being deleted",
         "{'kind':'DaemonSet','metadata':{'name':'agent','deletionTimestamp':'2026-01-01T00:00:00Z'"
         "},'spec':{'updateStrategy':{'type':'RollingUpdate'}},'status':{}}",
         F, "DaemonSet \"agent\" is being deleted"},
        {"StatefulSet: being deleted",
         "{'kind':'StatefulSet','metadata':{'name':'db','deletionTimestamp':'2026-01-01T00:00:00Z'}"
         ",'spec':{'updateStrategy':{'type':'RollingUpdate'}},'status':{}}",
         F, "StatefulSet \"db\" is being deleted"},
        {"another kind", "{'kind':'Pod','metadata':{'name':'x'}}", F,
         "a Pod has no rollout to wait for"},
        {"no object", "null", F, "a value without a kind has no rollout to wait for"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        error_local(says);
        int outcome = (int)kube_rollout_status(object(rules[i].object), &says);
        cr_assert_eq(outcome, rules[i].outcome, "%s: outcome %d, %s", rules[i].rule, outcome,
                     error_text(&says));
        cr_assert(strncmp(error_text(&says), rules[i].says, strlen(rules[i].says)) == 0, "%s: %s",
                  rules[i].rule, error_text(&says));
    }
}

// telling: events for tests, written as lines of JSON with single quotes:
// {'event':'step.ended','at':1500,'phase':'canary','step':'5 %', ...data}; `at` is in milliseconds
// after 2026-11-22T14:22:00Z.
#pragma once

#include <criterion/criterion.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "engine/event.h"

static const int64_t TELLING_BEGINS = INT64_C(1795357320000);

static enum event_type telling_type(const char *name)
{
    for (int type = EVENT_RUN_STARTED; type < EVENT_RUN_ENDED; type++)
        if (strcmp(event_name((enum event_type)type), name) == 0)
            return (enum event_type)type;
    cr_assert_str_eq(name, "run.ended", "no event has this name");
    return EVENT_RUN_ENDED;
}

static const char *telling_name(struct arena *a, const struct value *line, const char *key)
{
    const struct value *v = value_get(line, key);
    return v && v->type == VALUE_STRING ? arena_dup(a, value_text(v)) : NULL;
}

static void telling_line(struct listener *l, const char *text, size_t len)
{
    struct arena a = {0};
    error_local(err);
    char *json = arena_copy(&a, text, len);
    for (size_t i = 0; i < len; i++)
        if (json[i] == '\'')
            json[i] = '"';
    struct value *data = json_parse(&a, json, len, &err);
    cr_assert_not_null(data, "%s in: %s", error_text(&err), json);
    struct event e = {.type = telling_type(value_get_text(data, "event")),
                      .at = TELLING_BEGINS + value_get_int(data, "at", 0),
                      .phase = telling_name(&a, data, "phase"),
                      .step = telling_name(&a, data, "step"),
                      .data = data};
    value_remove(data, "event");
    value_remove(data, "at");
    value_remove(data, "phase");
    value_remove(data, "step");
    l->hear(l, &e);
    arena_free(&a);
}

// Tells every line of `lines`.
static void tell(struct listener *l, const char *lines)
{
    for (const char *at = lines; *at;) {
        size_t len = strcspn(at, "\n");
        if (len)
            telling_line(l, at, len);
        at += len + (at[len] == '\n');
    }
}

// Runs told in full. The first passes; the second breaches a gate and is rolled back; the third
// cannot be undone; the fourth is a plan; in the fifth every text is hostile.
#define TELLING_START(mode)                                                                        \
    "{'event':'run.started','at':0,'name':'golive','summary':'Take it live','file':'golive.lua',"  \
    "'mode':'" mode "','run':'r-1','params':{'host':'example.com'},'user':'op','host':'ops-1',"    \
    "'phases':[{'name':'check','steps':[{'name':'ready'},{'name':'later'}]},"                      \
    "{'name':'canary','steps':[{'name':'5 %'}]}]}\n"                                               \
    "{'event':'phase.started','at':0,'phase':'check','on_failure':'halt'}\n"

#define TELLING_CHECKED                                                                            \
    "{'event':'step.started','at':0,'phase':'check','step':'ready','attempt':1,"                   \
    "'where':'golive.lua:4'}\n"                                                                    \
    "{'event':'effect.started','at':1,'phase':'check','step':'ready','access':'read',"             \
    "'kind':'http.request','summary':'GET https://example.com/','position':'1'}\n"                 \
    "{'event':'effect.ended','at':40,'phase':'check','step':'ready','access':'read',"              \
    "'kind':'http.request','summary':'GET https://example.com/','position':'1',"                   \
    "'outcome':'done','error':null,'seconds':0.04,'answer':'200, 5 bytes','note':null}\n"          \
    "{'event':'check','at':41,'phase':'check','step':'ready','ok':true,"                           \
    "'text':'it answers','where':'golive.lua:5'}\n"                                                \
    "{'event':'step.ended','at':50,'phase':'check','step':'ready','outcome':'ok','error':null,"    \
    "'seconds':0.05,'attempts':1,'retry_in':null,'result':null,'writes':0}\n"                      \
    "{'event':'step.ended','at':51,'phase':'check','step':'later','outcome':'skipped',"            \
    "'error':null,'seconds':0,'attempts':0,'retry_in':null,'result':null,'writes':0,"              \
    "'reason':'not today'}\n"                                                                      \
    "{'event':'phase.ended','at':52,'phase':'check','outcome':'ok','seconds':0.052}\n"

#define TELLING_WEIGHT                                                                             \
    "{'event':'phase.started','at':100,'phase':'canary','on_failure':'rollback'}\n"                \
    "{'event':'step.started','at':100,'phase':'canary','step':'5 %','attempt':1,"                  \
    "'where':'golive.lua:9'}\n"                                                                    \
    "{'event':'effect.ended','at':200,'phase':'canary','step':'5 %','access':'write',"             \
    "'kind':'k8s.patch','summary':'PATCH ingress/canary','position':'1','outcome':'done',"         \
    "'error':null,'seconds':0.1,'answer':null,'note':null,"                                        \
    "'diff':[{'path':'weight','old':'0','new':'5'}]}\n"                                            \
    "{'event':'progress','at':2200,'phase':'canary','step':'5 %','label':'bake','elapsed':2,"      \
    "'remaining':598,'figures':[{'name':'errors','value':'0.1 %','limit':'below 0.5 %',"           \
    "'ok':true},{'name':'p95','value':'80 ms','limit':'below 200 ms','ok':true}]}\n"               \
    "{'event':'progress','at':62200,'phase':'canary','step':'5 %','label':'bake','elapsed':62,"    \
    "'remaining':538,'figures':[{'name':'errors','value':'2.4 %','limit':'below 0.5 %',"           \
    "'ok':false},{'name':'p95','value':'90 ms','limit':'below 200 ms','ok':true}]}\n"

#define TELLING_PASS                                                                               \
    TELLING_START("live")                                                                          \
    TELLING_CHECKED TELLING_WEIGHT                                                                 \
        "{'event':'gate','at':600100,'phase':'canary','step':'5 %','name':'errors','query':'q',"   \
        "'limit':'below 0.5 %','value':'0.1 %','ok':true,'verdict':'pass'}\n"                      \
        "{'event':'log','at':600100,'phase':'canary','step':'5 %','level':'link',"                 \
        "'text':'Dashboard','url':'https://example.com/d'}\n"                                      \
        "{'event':'step.ended','at':600200,'phase':'canary','step':'5 %','outcome':'ok',"          \
        "'error':null,'seconds':600.1,'attempts':1,'retry_in':null,'result':null,'writes':1}\n"    \
        "{'event':'phase.ended','at':600200,'phase':'canary','outcome':'ok','seconds':600.1}\n"    \
        "{'event':'run.ended','at':600300,'outcome':'done','exit':0,"                              \
        "'headline':'golive is done','seconds':600.3,'counts':{'steps':2,'skipped':1,'reads':1,"   \
        "'writes':1,'checks':2},'not_undone':[],'next':null}\n"

#define TELLING_BREACH                                                                             \
    TELLING_START("live")                                                                          \
    TELLING_CHECKED TELLING_WEIGHT                                                                 \
        "{'event':'gate','at':62300,'phase':'canary','step':'5 %','name':'errors','query':'q',"    \
        "'limit':'below 0.5 %','value':'2.4 %','ok':false,'verdict':'breach',"                     \
        "'text':'errors is 2.4 %, the limit is below 0.5 %'}\n"                                    \
        "{'event':'step.ended','at':62400,'phase':'canary','step':'5 %','outcome':'failed',"       \
        "'error':{'kind':'check','text':'gate errors is breached: 2.4 %',"                         \
        "'where':'golive.lua:12','detail':null},'seconds':62.3,'attempts':1,'retry_in':null,"      \
        "'result':null,'writes':1}\n"                                                              \
        "{'event':'phase.ended','at':62400,'phase':'canary','outcome':'failed','seconds':62.3}\n"  \
        "{'event':'rollback.started','at':62400,'cause':'gate errors is breached: 2.4 %',"         \
        "'steps':['5 %']}\n"                                                                       \
        "{'event':'undo.started','at':62400,'phase':'canary','step':'5 %'}\n"

#define TELLING_ROLLED_BACK                                                                        \
    TELLING_BREACH                                                                                 \
    "{'event':'effect.ended','at':62500,'phase':'canary','step':'5 %','access':'write',"           \
    "'kind':'k8s.patch','summary':'PATCH ingress/canary','position':'1','outcome':'done',"         \
    "'error':null,'seconds':0.1,'diff':[{'path':'weight','old':'5','new':'0'}]}\n"                 \
    "{'event':'check','at':62510,'phase':'canary','step':'5 %','ok':true,"                         \
    "'text':'the weight is 0','where':'golive.lua:20'}\n"                                          \
    "{'event':'undo.ended','at':62600,'phase':'canary','step':'5 %','outcome':'ok',"               \
    "'error':null,'seconds':0.2,'attempts':1}\n"                                                   \
    "{'event':'rollback.ended','at':62600,'outcome':'ok','undone':1,'failed':[]}\n"                \
    "{'event':'run.ended','at':62700,'outcome':'failed','exit':5,"                                 \
    "'headline':'failed, and rolled back','seconds':62.7,'counts':{'steps':2,'writes':2},"         \
    "'not_undone':[],'next':'mend the cause'}\n"

#define TELLING_NOT_UNDONE                                                                         \
    TELLING_BREACH                                                                                 \
    "{'event':'effect.ended','at':62500,'phase':'canary','step':'5 %','access':'write',"           \
    "'kind':'k8s.patch','summary':'PATCH ingress/canary','position':'1','outcome':'failed',"       \
    "'error':'409 Conflict','seconds':0.1}\n"                                                      \
    "{'event':'undo.ended','at':65600,'phase':'canary','step':'5 %','outcome':'failed',"           \
    "'error':{'kind':'effect','text':'409 Conflict','where':'golive.lua:20','detail':null},"       \
    "'seconds':3.2,'attempts':3}\n"                                                                \
    "{'event':'rollback.ended','at':65600,'outcome':'failed','undone':0,"                          \
    "'failed':[{'step':'5 %','error':'409 Conflict'}]}\n"                                          \
    "{'event':'run.ended','at':65700,'outcome':'failed','exit':6,"                                 \
    "'headline':'failed, and NOT everything was rolled back','seconds':65.7,'counts':{},"          \
    "'not_undone':[{'step':'5 %','text':'its undo failed','lasting':false}],"                      \
    "'next':'take it back by hand'}\n"

#define TELLING_PLAN                                                                               \
    TELLING_START("plan")                                                                          \
    "{'event':'step.started','at':0,'phase':'check','step':'ready','attempt':1}\n"                 \
    "{'event':'effect.ended','at':0,'phase':'check','step':'ready','access':'read',"               \
    "'summary':'GET https://example.com/','outcome':'done','answer':'200','sure':'read live',"     \
    "'stale':false}\n"                                                                             \
    "{'event':'step.ended','at':0,'phase':'check','step':'ready','outcome':'ok'}\n"                \
    "{'event':'phase.ended','at':0,'phase':'check','outcome':'ok','seconds':0}\n"                  \
    "{'event':'phase.started','at':0,'phase':'canary','on_failure':'rollback'}\n"                  \
    "{'event':'step.started','at':0,'phase':'canary','step':'5 %','attempt':1}\n"                  \
    "{'event':'effect.ended','at':0,'phase':'canary','step':'5 %','access':'write',"               \
    "'summary':'PATCH ingress/canary','outcome':'suppressed','sure':'checked by the server',"      \
    "'diff':[{'path':'weight','old':'0','new':'5'}]}\n"                                            \
    "{'event':'gate','at':0,'phase':'canary','step':'5 %','name':'errors','query':'rate(e)',"      \
    "'limit':'below 0.5 %','value':'0.1 %','ok':true,'verdict':'pass','sure':'read live'}\n"       \
    "{'event':'effect.ended','at':0,'phase':'canary','step':'5 %','access':'time',"                \
    "'summary':'wait 10m: bake','outcome':'done','sure':'assumed'}\n"                              \
    "{'event':'effect.ended','at':0,'phase':'canary','step':'5 %','access':'human',"               \
    "'summary':'ask: Go on?','outcome':'done','sure':'assumed'}\n"                                 \
    "{'event':'check','at':0,'phase':'canary','step':'5 %','ok':false,'later':true,"               \
    "'text':'the weight is 5'}\n"                                                                  \
    "{'event':'step.ended','at':0,'phase':'canary','step':'5 %','outcome':'ok'}\n"                 \
    "{'event':'phase.ended','at':0,'phase':'canary','outcome':'ok','seconds':0,'if_it_fails':{"    \
    "'undo':[{'step':'5 %','shared_with':['1 %','2 %']}],"                                         \
    "'stays':[{'step':'ready','text':'it has no undo','lasting':false}]}}\n"                       \
    "{'event':'run.ended','at':0,'outcome':'planned','exit':0,'headline':'golive is planned',"     \
    "'seconds':0.1,'counts':{'steps':2,'reads':1,'writes':1,'waits':1,'asks':1},"                  \
    "'not_undone':[],'next':'to do it: runbook golive.lua','planned_seconds':600}\n"

// ESC, CSI of eight bits, DEL, NUL, a turn of direction, and what would end or open markup.
#define TELLING_EVIL                                                                               \
    "\\u001b[2J\\u009b31m\\u007f\\u0000\\u202e<script>\\u0022\\u0027]]>&amp;|`**_[x](y)\\r\\ntwo"

#define TELLING_HOSTILE                                                                            \
    "{'event':'run.started','at':0,'name':'" TELLING_EVIL "','summary':'" TELLING_EVIL             \
    "','file':'" TELLING_EVIL "','mode':'live','run':'" TELLING_EVIL "','params':{'" TELLING_EVIL  \
    "':'" TELLING_EVIL "'},'user':'" TELLING_EVIL "','host':'" TELLING_EVIL                        \
    "','phases':[{'name':'" TELLING_EVIL "','steps':[{'name':'" TELLING_EVIL "'}]}]}\n"            \
    "{'event':'step.started','at':0,'phase':'p" TELLING_EVIL "','step':'s" TELLING_EVIL "'}\n"     \
    "{'event':'effect.ended','at':0,'phase':'p" TELLING_EVIL "','step':'s" TELLING_EVIL            \
    "','access':'write','summary':'" TELLING_EVIL "','outcome':'failed','error':'" TELLING_EVIL    \
    "','answer':'" TELLING_EVIL "','note':'" TELLING_EVIL "','diff':[{'path':'" TELLING_EVIL       \
    "','old':'" TELLING_EVIL "','new':{'" TELLING_EVIL "':[1]}}]}\n"                               \
    "{'event':'check','at':0,'phase':'p" TELLING_EVIL "','step':'s" TELLING_EVIL                   \
    "','ok':false,'text':'" TELLING_EVIL "','where':'" TELLING_EVIL "'}\n"                         \
    "{'event':'gate','at':0,'phase':'p" TELLING_EVIL "','step':'s" TELLING_EVIL                    \
    "','ok':false,'name':'" TELLING_EVIL "','query':'" TELLING_EVIL "','value':'" TELLING_EVIL     \
    "','limit':'" TELLING_EVIL "','verdict':'" TELLING_EVIL "','text':'" TELLING_EVIL "'}\n"       \
    "{'event':'log','at':0,'phase':'p" TELLING_EVIL "','step':'s" TELLING_EVIL                     \
    "','level':'link','text':'" TELLING_EVIL "','url':'javascript:" TELLING_EVIL "'}\n"            \
    "{'event':'table','at':0,'phase':'p" TELLING_EVIL "','step':'s" TELLING_EVIL                   \
    "','title':'" TELLING_EVIL "','columns':['" TELLING_EVIL "','n'],'rows':[['" TELLING_EVIL      \
    "',1],[null]]}\n"                                                                              \
    "{'event':'asked','at':0,'phase':'p" TELLING_EVIL "','step':'s" TELLING_EVIL                   \
    "','question':'" TELLING_EVIL "'}\n"                                                           \
    "{'event':'answered','at':0,'phase':'p" TELLING_EVIL "','step':'s" TELLING_EVIL                \
    "','question':'" TELLING_EVIL "','answer':'" TELLING_EVIL "','by':'" TELLING_EVIL "'}\n"       \
    "{'event':'step.ended','at':5,'phase':'p" TELLING_EVIL "','step':'s" TELLING_EVIL              \
    "','outcome':'failed','error':{'kind':'" TELLING_EVIL "','text':'x" TELLING_EVIL               \
    "','where':'" TELLING_EVIL "','detail':'" TELLING_EVIL "'},'seconds':0.1,'attempts':1}\n"      \
    "{'event':'run.ended','at':6,'outcome':'failed','exit':6,'headline':'" TELLING_EVIL            \
    "','seconds':1,'counts':{},'not_undone':[{'step':'" TELLING_EVIL "','text':'" TELLING_EVIL     \
    "'}],'next':'" TELLING_EVIL "'}\n"

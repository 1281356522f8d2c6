#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/buf.h"
#include "net/loop.h"
#include "net/turn.h"

static struct loop *loop;
static struct buf said;

static void set_up(void)
{
    loop = loop_new();
}

static void tear_down(void)
{
    loop_free(loop);
    buf_free(&said);
}

TestSuite(turn, .init = set_up, .fini = tear_down, .timeout = 20);

static void say(void *arg)
{
    buf_puts(&said, arg);
}

static struct turn *ask(struct gate *g, const char *word)
{
    return turn_start(g, loop, say, (char *)word);
}

static void expect(const char *words)
{
    while (loop_once(loop))
        ;
    cr_expect_str_eq(buf_text(&said), words);
}

Test(turn, so_many_at_a_time_in_order)
{
    struct gate g = {.room = 2};
    struct turn *a = ask(&g, "a"), *b = ask(&g, "b"), *c = ask(&g, "c"), *d = ask(&g, "d");
    cr_expect(eq(sz, said.len, 0), "never from inside the call");
    expect("ab");
    turn_end(b);
    expect("abc");
    turn_end(a);
    expect("abcd");
    turn_end(c);
    turn_end(d);
    cr_expect(eq(int, g.room, 2));
    turn_end(ask(&g, "e")); // let in, and gone before it was told
    expect("abcd");
    cr_expect(eq(int, g.room, 2));
}

Test(turn, whoever_waits_may_leave)
{
    struct gate g = {.room = 1};
    struct turn *a = ask(&g, "a"), *b = ask(&g, "b"), *c = ask(&g, "c"), *d = ask(&g, "d");
    turn_end(c); // from the middle
    turn_end(d); // from the end
    struct turn *e = ask(&g, "e");
    turn_end(b); // from the front
    expect("a");
    turn_end(a);
    expect("ae");
    turn_end(e);
    turn_end(NULL);
    cr_expect(g.first == NULL && g.last == NULL && g.room == 1);
}

struct chain {
    struct gate *gate;
    struct turn *turn;
    int left;
};

static void pass_on(void *arg)
{
    struct chain *c = arg;
    turn_end(c->turn);
    if (c->left-- > 0)
        c->turn = turn_start(c->gate, loop, pass_on, c);
    else
        c->turn = NULL;
}

Test(turn, may_end_and_start_from_within)
{
    struct gate g = {.room = 1};
    struct chain chains[3];
    for (int i = 0; i < 3; i++) {
        chains[i] = (struct chain){.gate = &g, .left = 100};
        chains[i].turn = turn_start(&g, loop, pass_on, &chains[i]);
    }
    expect("");
    for (int i = 0; i < 3; i++)
        cr_expect(chains[i].turn == NULL && chains[i].left == -1);
    cr_expect(eq(int, g.room, 1));
}

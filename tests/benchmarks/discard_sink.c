/* An SMTP server that counts messages and throws them away, so that it is not what limits a client.
 * discard_sink PORT [DELAY_MS [every]]: each answer to a final dot, or every group of replies, comes so
 * late. At SIGTERM it prints how many messages and octets of them came. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

typedef struct client {
    int fd, in_message, after_dot;
    size_t length, said;
    double due; /* 0: no answer waits */
    struct client *next;
    char in[1 << 18], out[1 << 14];
} client;

static volatile sig_atomic_t ended;
static long messages, octets;
static double delay; /* ms */
static int every;
static client *first, **last = &first; /* whose answers are due, in order: all wait equally long */
static void end(int signal) { ended = signal; }

static double now(void) { /* ms */
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void say(client *c, const char *words) {
    for (; *words && c->said < sizeof c->out; words++) c->out[c->said++] = *words;
}

static void flush(client *c) {
    if (c->fd >= 0 && write(c->fd, c->out, c->said) < 0) perror("write");
    c->said = c->after_dot = 0, c->due = 0;
}

static void answer(client *c, const char *line) {
    if (!strncasecmp(line, "EHLO", 4)) say(c, "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n");
    else if (!strncasecmp(line, "DATA", 4)) say(c, "354 go on\r\n"), c->in_message = 1;
    else say(c, strncasecmp(line, "QUIT", 4) ? "250 2.0.0 ok\r\n" : "221 2.0.0 bye\r\n");
}

static void take(client *c) { /* what was read: whole lines, or a piece of a message */
    char *at = c->in, *stop = c->in + c->length, *found;
    while (at < stop) {
        if (c->in_message) { /* it begins with the line end of DATA, so that an empty one ends, too */
            found = memmem(at, stop - at, "\r\n.\r\n", 5);
            char *rest = found ? found + 5 : stop - at > 4 ? stop - 4 : at;
            octets += rest - at, at = rest;
            if (!found) break;
            messages++, c->in_message = 0, c->after_dot = 1, say(c, "250 2.0.0 taken\r\n");
        } else {
            if (!(found = memchr(at, '\n', stop - at))) break;
            answer(c, at), at = c->in_message && found > at ? found - 1 : found + 1;
        }
    }
    c->length = stop - at, memmove(c->in, at, c->length);
    if (!c->said || c->due) return;
    if (!delay || !(every || c->after_dot)) flush(c);
    else c->due = now() + delay, c->next = NULL, *last = c, last = &c->next;
}

int main(int count, char **words) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1])),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1, door = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
    delay = count > 2 ? atof(words[2]) : 0, every = count > 3;
    signal(SIGTERM, end), signal(SIGPIPE, SIG_IGN);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(door, (struct sockaddr *)&here, sizeof here) || listen(door, 512)) return perror("listen"), 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[64];
    for (epoll_ctl(poll, EPOLL_CTL_ADD, door, &event); !ended;) {
        double wait = first ? first->due - now() : 1000;
        int ready = epoll_wait(poll, events, 64, wait < 0 ? 0 : (int)(wait + 0.999));
        for (int each = 0; each < ready; each++) {
            client *c = events[each].data.ptr;
            if (!c) {
                c = calloc(1, sizeof *c), c->fd = accept(door, NULL, NULL), event.data.ptr = c;
                setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &event), say(c, "220 sink\r\n"), take(c);
                continue;
            }
            ssize_t got = read(c->fd, c->in + c->length, sizeof c->in - c->length);
            if (got > 0) c->length += got, take(c);
            else close(c->fd), c->fd = -1; /* its answers may still wait in the list: it is not freed */
        }
        while (first && first->due <= now())
            if (flush(first), !(first = first->next)) last = &first;
    }
    return printf("%ld %ld\n", messages, octets), 0;
}

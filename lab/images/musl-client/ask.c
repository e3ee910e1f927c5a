/* ask resolve NAME            print every IPv4 address of NAME, one a line
 * ask get http://NAME[:PORT]/PATH   print the body of the answer
 * ask wait                    stay, so that others can be started beside it */
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <arpa/inet.h>

static struct addrinfo *find(const char *name, const char *port) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(name, port, &hints, &found);
    if (error) {
        fprintf(stderr, "%s: %s\n", name, gai_strerror(error));
        exit(2);
    }
    return found;
}

static int resolve(const char *name) {
    char text[INET_ADDRSTRLEN];
    for (struct addrinfo *one = find(name, "80"); one; one = one->ai_next) {
        struct sockaddr_in *address = (struct sockaddr_in *)one->ai_addr;
        puts(inet_ntop(AF_INET, &address->sin_addr, text, sizeof text));
    }
    return 0;
}

static int get(const char *url) {
    char host[256], port[6] = "80", buffer[4096];
    const char *path = "/";
    if (strncmp(url, "http://", 7) != 0) {
        fprintf(stderr, "%s: only http:// is understood\n", url);
        return 2;
    }
    url += 7;
    size_t length = strcspn(url, ":/");
    if (length >= sizeof host) return 2;
    memcpy(host, url, length);
    host[length] = 0;
    url += length;
    if (*url == ':') {
        length = strcspn(++url, "/");
        if (length >= sizeof port) return 2;
        memcpy(port, url, length);
        port[length] = 0;
        url += length;
    }
    if (*url) path = url;

    struct addrinfo *to = find(host, port);
    struct timeval limit = {.tv_sec = 5};
    int line = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(line, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (line < 0 || connect(line, to->ai_addr, to->ai_addrlen) != 0) {
        perror(host);
        return 3;
    }
    dprintf(line, "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host);
    FILE *answer = fdopen(line, "r");
    int status = 0, body = 0;
    while (fgets(buffer, sizeof buffer, answer)) {
        if (body) fputs(buffer, stdout);
        else if (!status) sscanf(buffer, "HTTP/%*s %d", &status);
        else body = strcmp(buffer, "\r\n") == 0 || strcmp(buffer, "\n") == 0;
    }
    return status == 200 ? 0 : 4;
}

static void leave(int number) { _exit(number == SIGTERM ? 0 : 1); }

int main(int count, char **words) {
    if (count == 3 && strcmp(words[1], "resolve") == 0) return resolve(words[2]);
    if (count == 3 && strcmp(words[1], "get") == 0) return get(words[2]);
    if (count == 2 && strcmp(words[1], "wait") == 0) {
        signal(SIGTERM, leave);
        for (;;) pause();
    }
    fprintf(stderr, "use: ask resolve NAME | ask get URL | ask wait\n");
    return 64;
}

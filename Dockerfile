# docker build -t pellucid . && docker run --rm -p 127.0.0.1:8501:8501 -v pellucid:/home/pellucid/.cache pellucid
FROM python:3.12-slim

# What is installed belongs to root: whoever breaks into the server cannot change its code.
WORKDIR /src
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN pip install --no-cache-dir --no-deps . && rm -rf /src/*

RUN useradd --create-home pellucid
USER pellucid
# Made by its user: a new volume takes over owner and mode of the folder that it covers.
RUN mkdir --mode=0700 /home/pellucid/.cache /home/pellucid/.cache/pellucid
WORKDIR /home/pellucid

EXPOSE 8501
# Inside the container every interface is the container's own; publish the port on loopback.
CMD ["pellucid", "serve", "--address=0.0.0.0"]
